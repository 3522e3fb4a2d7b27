import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OutOfMemoryError } from '@palimpsest/contracts';
import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { openStore } from '../drivers.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { definitionOf } from '../tasks/definitions.js';
import { taskId } from '../tasks/task-id.js';
import { TaskRecords } from '../tasks/task-records.js';
import { behaviours, definitions } from '../tasks/tasks.fixture.js';
import { InlineJobs } from './inline-jobs.js';
import type { Job, Jobs } from './jobs.js';
import { ProcessJobs } from './process-jobs.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-jobs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const log = pino({ level: 'silent' });

/** Every place for jobs, and the store that its jobs work on. */
const places: [string, () => Promise<{ jobs: Jobs; store: Store }>][] = [
  [
    'InlineJobs',
    () => {
      const store = new Store(new MemoryStore());
      const jobs = new InlineJobs(store, (kind) => definitionOf(definitions, kind), log);
      return Promise.resolve({ jobs, store });
    },
  ],
  [
    'ProcessJobs',
    async () => {
      const program = fileURLToPath(new URL('../../dist/tasks/tasks.fixture.js', import.meta.url));
      const DATA_DIR = await mkdtemp(join(folder, 'data-'));
      const config = { ...loadConfig({ DATA_DIR, LOG_LEVEL: 'silent' }), program };
      return { jobs: new ProcessJobs({ config, log }), store: openStore(config.STORE_URL) };
    },
  ],
];

const never = new AbortController().signal;
const jobOf = (id: string): Job => ({ taskId: id, kind: 'compare', needs: someResources });

/** Asks for a task that behaves so. @returns its id */
async function ask(store: Store, seed: number): Promise<string> {
  const input = aCompareInput({ seed });
  const id = taskId('compare', input);
  await new TaskRecords(store, id).writeInput('compare', input);
  return id;
}

describe.each(places)('%s is a place for jobs that', (_, open) => {
  it('runs a task to its output', async () => {
    const { jobs, store } = await open();
    const id = await ask(store, behaviours.succeed);
    expect(await jobs.run(jobOf(id), never)).toBe('done');
    expect((await new TaskRecords(store, id).readOutput())?.output).toMatchObject({ layers: [] });
  });

  it('says `failed` of a task that can never succeed, and leaves why in the store', async () => {
    const { jobs, store } = await open();
    const id = await ask(store, behaviours.failForGood);
    expect(await jobs.run(jobOf(id), never)).toBe('failed');
    expect(await new TaskRecords(store, id).readError()).toEqual({
      code: 'invalid',
      message: 'seed: expected 1, found 2',
    });
  });

  it('throws `unavailable` when another attempt could end better, and leaves no error', async () => {
    const { jobs, store } = await open();
    const id = await ask(store, behaviours.failForNow);
    await expect(jobs.run(jobOf(id), never)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`compare ${id}`) as string,
    });
    expect(await new TaskRecords(store, id).readError()).toBeUndefined();
  });

  it('throws an OutOfMemoryError when memory ran out, and leaves no error', async () => {
    const { jobs, store } = await open();
    const id = await ask(store, behaviours.runOutOfMemory);
    const run = jobs.run(jobOf(id), never);
    await expect(run).rejects.toThrow(OutOfMemoryError);
    await expect(run).rejects.toThrow(`compare ${id}`);
    expect(await new TaskRecords(store, id).readError()).toBeUndefined();
  });

  it('stops a task that is aborted, and throws the reason once it is gone', async () => {
    const { jobs, store } = await open();
    const id = await ask(store, behaviours.waitForStop);
    const stop = new AbortController();
    const run = jobs.run(jobOf(id), stop.signal);
    await eventually('it began', () => new TaskRecords(store, id).readProgress());
    stop.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(await new TaskRecords(store, id).readOutput()).toBeUndefined();
  });

  it('does not begin what is aborted already', async () => {
    const { jobs, store } = await open();
    const run = jobs.run(jobOf(await ask(store, behaviours.succeed)), AbortSignal.abort());
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});
