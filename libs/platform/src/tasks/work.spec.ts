import { aCompareInput } from '@palimpsest/testing';
import { pino } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../jobs/jobs.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { definitions } from './tasks.fixture.js';
import { TaskRecords } from './task-records.js';
import { work } from './work.js';

/** Progress comes to it late, as to a store that is far away. */
class SlowProgress extends MemoryStore {
  override async write(key: string, body: Uint8Array): Promise<void> {
    if (key.endsWith('progress.json')) await sleep(150);
    await super.write(key, body);
  }
}

describe('work', () => {
  it('leaves no more of a finished task than its input and its output', async () => {
    const store = new Store(new SlowProgress());
    await new TaskRecords(store, 'a').writeInput('compare', aCompareInput({ seed: 1 }));
    const signal = new AbortController().signal;
    const log = pino({ level: 'silent' });
    expect(await work(definitions[0]!, 'a', { store, threads: 1, signal, log })).toBe(exitCodes.done);
    const keys: string[] = [];
    for await (const key of store.list('tasks/')) keys.push(key);
    expect(keys).toEqual(['tasks/a/input.json', 'tasks/a/output.json']);
  });
});
