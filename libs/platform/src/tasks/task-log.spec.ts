import { eventually } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { addToLog, readTaskLog, TaskLog } from './task-log.js';
import { TaskRecords } from './task-records.js';

const aStore = () => new Store(new MemoryStore());

describe('the log of a task', () => {
  it('is in the store while its job runs, and all of it at its end', async () => {
    const store = aStore();
    const log = new TaskLog(store, 'a', 10);
    log.add('one\n');
    await eventually('written', async () => (await readTaskLog(store, 'a').catch(() => '')) === 'one\n');
    log.add('two\n');
    await log.close();
    expect(await readTaskLog(store, 'a')).toBe('one\ntwo\n');
  });

  it('goes on after what earlier attempts said', async () => {
    const store = aStore();
    for (const line of ['one\n', 'two\n']) {
      const log = new TaskLog(store, 'a');
      log.add(line);
      await log.close();
    }
    expect(await readTaskLog(store, 'a')).toBe('one\ntwo\n');
  });

  it('is undefined where no job kept one', async () => {
    const store = aStore();
    await new TaskLog(store, 'a').close();
    await expect(readTaskLog(store, 'a')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('keeps its last million characters, from the beginning of a line', async () => {
    const store = aStore();
    const log = new TaskLog(store, 'a');
    for (let i = 0; i < 300_000; i++) log.add(`line ${i}\n`);
    await log.close();
    const kept = await readTaskLog(store, 'a');
    expect(kept.length).toBeLessThanOrEqual(2 ** 20);
    expect(kept.length).toBeGreaterThan(2 ** 20 - 20);
    expect(kept).toMatch(/^line \d+\n[^]*line 299999\n$/);
  });

  it('is written later when the store was away', async () => {
    const driver = new MemoryStore();
    const store = new Store(driver);
    const write = driver.write.bind(driver);
    driver.write = () => Promise.reject(new Error('away'));
    const log = new TaskLog(store, 'a', 5);
    log.add('one\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    driver.write = write;
    await log.close();
    expect(await readTaskLog(store, 'a')).toBe('one\n');
  });

  it.each([
    ['what was not kept yet', 'one\ntwo\n', 'one\ntwo\nthree\n', 'one\ntwo\nthree\n'],
    ['nothing where all was kept', 'one\ntwo\n', 'one\ntwo\n', 'one\ntwo\n'],
    ['all where nothing was kept', undefined, 'one\n', 'one\n'],
    ['all that another attempt said', 'before\n', 'one\ntwo\n', 'before\none\ntwo\n'],
  ])('gets from the pod of a killed job %s', async (_, kept, said, expected) => {
    const store = aStore();
    if (kept !== undefined) await new TaskRecords(store, 'a').writeLog(kept);
    await addToLog(store, 'a', said);
    expect(await readTaskLog(store, 'a')).toBe(expected);
  });
});
