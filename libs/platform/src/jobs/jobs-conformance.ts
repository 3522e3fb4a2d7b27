import { OutOfMemoryError } from '@palimpsest/contracts';
import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/store.js';
import { taskId } from '../tasks/task-id.js';
import { TaskRecords } from '../tasks/task-records.js';
import { behaviours } from '../tasks/tasks.fixture.js';
import type { Job, Jobs } from './jobs.js';

const never = new AbortController().signal;
/** The job of a task of `tasks.fixture.ts`. */
export const jobOf = (id: string): Job => ({ taskId: id, kind: 'compare', needs: someResources });

/** A place for jobs, and the store that its jobs work on. */
export interface PlaceForJobs {
  jobs: Jobs;
  store: Store;
}

/** Asks for a task that behaves so. @returns its id */
export async function ask(store: Store, seed: number): Promise<string> {
  const input = aCompareInput({ seed });
  const id = taskId('compare', input);
  await new TaskRecords(store, id).writeInput('compare', input);
  return id;
}

/** What every place for jobs does. `open` gives one that nobody else uses. */
export function describeJobs(name: string, open: () => Promise<PlaceForJobs>): void {
  describe(`${name} is a place for jobs that`, () => {
    let jobs: Jobs;
    let store: Store;
    beforeEach(async () => {
      ({ jobs, store } = await open());
      await jobs.open();
    });
    afterEach(() => jobs.close());

    it('runs a task to its output', async () => {
      const id = await ask(store, behaviours.succeed);
      expect(await jobs.run(jobOf(id), never)).toBe('done');
      expect((await new TaskRecords(store, id).readOutput())?.output).toMatchObject({ layers: [] });
    });

    it('says `failed` of a task that can never succeed, and leaves why in the store', async () => {
      const id = await ask(store, behaviours.failForGood);
      expect(await jobs.run(jobOf(id), never)).toBe('failed');
      expect(await new TaskRecords(store, id).readError()).toEqual({
        code: 'invalid',
        message: 'seed: expected 1, found 2',
      });
    });

    it('throws `unavailable` when another attempt could end better, and leaves no error', async () => {
      const id = await ask(store, behaviours.failForNow);
      await expect(jobs.run(jobOf(id), never)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`compare ${id}`) as string,
      });
      expect(await new TaskRecords(store, id).readError()).toBeUndefined();
    });

    it('throws an OutOfMemoryError when memory ran out, and leaves no error', async () => {
      const id = await ask(store, behaviours.runOutOfMemory);
      const run = jobs.run(jobOf(id), never);
      await expect(run).rejects.toThrow(OutOfMemoryError);
      await expect(run).rejects.toThrow(`compare ${id}`);
      expect(await new TaskRecords(store, id).readError()).toBeUndefined();
    });

    it('stops a task that is aborted, and throws the reason once it is gone', async () => {
      const id = await ask(store, behaviours.waitForStop);
      const stop = new AbortController();
      const run = jobs.run(jobOf(id), stop.signal);
      await eventually('it began', () => new TaskRecords(store, id).readProgress(), 30_000);
      stop.abort();
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(await new TaskRecords(store, id).readOutput()).toBeUndefined();
    }, 60_000);

    it('does not begin what is aborted already', async () => {
      const run = jobs.run(jobOf(await ask(store, behaviours.succeed)), AbortSignal.abort());
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    });
  });
}
