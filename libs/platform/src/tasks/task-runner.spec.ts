import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import type { Jobs } from '../jobs/jobs.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { TaskRecords } from './task-records.js';
import { TaskRunner } from './task-runner.js';
import { definitions } from './tasks.fixture.js';

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
    const runner = new TaskRunner({ store, jobs, config: { STORE_URL: 'memory:' }, threads: undefined });
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
});
