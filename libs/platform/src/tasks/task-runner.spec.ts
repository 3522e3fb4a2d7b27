import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { InlineJobs } from '../jobs/inline-jobs.js';
import type { Jobs } from '../jobs/jobs.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { TaskRecords } from './task-records.js';
import { TaskRunner } from './task-runner.js';
import { behaviours, definitions } from './tasks.fixture.js';

const [definition] = definitions as [(typeof definitions)[0]];

function open(halvings?: number) {
  const store = new Store(new MemoryStore());
  const jobs = new InlineJobs(store, () => definition, pino({ level: 'silent' }));
  const config = { STORE_URL: 'memory:', THREADS_PER_TASK: 1, LINEAR_ALGEBRA: 'plain' as const };
  const runner = new TaskRunner({ store, jobs, config, threads: undefined });
  const following = { signal: new AbortController().signal, onProgress: () => undefined };
  const run = (seed: number) => {
    const order = {
      taskId: 'a',
      kind: 'compare' as const,
      input: aCompareInput({ seed }),
      needs: someResources,
    };
    const able = halvings === undefined ? definition : { ...definition, halvings: () => halvings };
    return runner.run(able, order, following);
  };
  return { run, records: new TaskRecords(store, 'a') };
}

/** A place whose only job does what the test says. */
class FakeJobs implements Jobs {
  waits: ((what: string | undefined) => void) | undefined;
  end: (end: 'done' | 'failed') => void = () => undefined;

  open = () => Promise.resolve();
  close = () => Promise.resolve();

  run(
    _job: unknown,
    _signal: unknown,
    waits?: (what: string | undefined) => void,
  ): Promise<'done' | 'failed'> {
    this.waits = waits;
    return new Promise((resolve) => (this.end = resolve));
  }
}

describe('a task that runs as a job', () => {
  it('says what it waits for instead of the progress of an earlier attempt, and its own when it began', async () => {
    const jobs = new FakeJobs();
    const store = new Store(new MemoryStore());
    const config = { STORE_URL: 'memory:', LINEAR_ALGEBRA: 'plain' as const };
    const runner = new TaskRunner({ store, jobs, config, threads: undefined });
    const told: object[] = [];
    const following = {
      signal: new AbortController().signal,
      onProgress: (progress: object) => void told.push(progress),
    };
    const task = { taskId: 'a', kind: 'compare', input: aCompareInput(), needs: someResources } as const;
    const running = runner.run(definitions[0]!, task, following);
    await eventually('it runs', () => jobs.waits);
    await new TaskRecords(store, 'a').writeProgress({ done: 0.5, message: 'half' });
    jobs.waits?.('waits for a GPU');
    await eventually('it waits', () => told.length === 1);
    jobs.waits?.(undefined);
    await eventually('it began', () => told.length === 2);
    expect(told).toEqual([
      { done: 0.5, message: 'waits for a GPU', waits: true },
      { done: 0.5, message: 'half' },
    ]);
    await new TaskRecords(store, 'a').writeError({ code: 'invalid', message: 'no' });
    jobs.end('failed');
    expect((await running).outcome).toMatchObject({ ok: false, message: 'no', retry: false });
  });

  it('counts the attempts that memory ended, and says that another may do better', async () => {
    const { run, records } = open();
    for (const attempts of [1, 2]) {
      const { outcome } = await run(behaviours.runOutOfMemory);
      expect(outcome).toMatchObject({ ok: false, code: 'unavailable', retry: true });
      expect(await records.readOutOfMemory()).toBe(attempts);
    }
  });

  it('says so often as its batch can be halved that the next attempt does that', async () => {
    const { run } = open(2);
    const told: unknown[] = [];
    for (let times = 0; times < 3; times++) told.push((await run(behaviours.runOutOfMemory)).outcome);
    const expected = { ok: false, code: 'unavailable', retry: true };
    expect(told).toMatchObject([{ ...expected, halves: true }, { ...expected, halves: true }, expected]);
    expect(told[2]).not.toHaveProperty('halves');
    expect((await open().run(behaviours.runOutOfMemory)).outcome).not.toHaveProperty('halves');
  });

  it('counts no other failure', async () => {
    const { run, records } = open();
    await run(behaviours.failForNow);
    await run(behaviours.failForGood);
    expect(await records.readOutOfMemory()).toBe(0);
  });
});
