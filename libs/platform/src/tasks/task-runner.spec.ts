import { aCompareInput, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { InlineJobs } from '../jobs/inline-jobs.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { TaskRecords } from './task-records.js';
import { TaskRunner } from './task-runner.js';
import { behaviours, definitions } from './tasks.fixture.js';

const [definition] = definitions as [(typeof definitions)[0]];

function open() {
  const store = new Store(new MemoryStore());
  const jobs = new InlineJobs(store, () => definition, pino({ level: 'silent' }));
  const config = { STORE_URL: 'memory:', THREADS_PER_TASK: 1 };
  const runner = new TaskRunner({ store, jobs, config, threads: undefined });
  const following = { signal: new AbortController().signal, onProgress: () => undefined };
  const run = (seed: number) => {
    const order = {
      taskId: 'a',
      kind: 'compare' as const,
      input: aCompareInput({ seed }),
      needs: someResources,
    };
    return runner.run(definition, order, following);
  };
  return { run, records: new TaskRecords(store, 'a') };
}

it('counts the attempts that memory ended, and says that another may do better', async () => {
  const { run, records } = open();
  for (const attempts of [1, 2]) {
    const { outcome } = await run(behaviours.runOutOfMemory);
    expect(outcome).toMatchObject({ ok: false, code: 'unavailable', retry: true });
    expect(await records.readOutOfMemory()).toBe(attempts);
  }
});

it('counts no other failure', async () => {
  const { run, records } = open();
  await run(behaviours.failForNow);
  await run(behaviours.failForGood);
  expect(await records.readOutOfMemory()).toBe(0);
});
