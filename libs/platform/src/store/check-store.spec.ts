import { aCompareInput } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { TaskRecords } from '../tasks/task-records.js';
import { checkStore, removeOrphans } from './check-store.js';
import { MemoryStore } from './memory-store.js';
import { Store } from './store.js';

const text = (value: string) => new TextEncoder().encode(value);

/** A store with one finished task that reads two trees and has made one artifact. */
async function aStore() {
  const driver = new MemoryStore();
  const store = new Store(driver);
  const trees = [];
  for (const name of ['a', 'b'])
    trees.push(await store.putTree(`activations/${name}`, new Map([['c/0', text(`chunk of ${name}`)]])));
  const [a, b] = trees as [(typeof trees)[0], (typeof trees)[0]];
  const coefficients = await store.put('similarity', text('[]'), '.json');
  const records = new TaskRecords(store, 'task-1');
  await records.writeInput('compare', aCompareInput({ a, b }));
  await records.writeOutput({ seconds: 1, output: { layers: [], coefficients } });
  return { driver, store, records, a, coefficients };
}

const told = (orphans: { key: string; kind: string }[]) => orphans.map(({ key, kind }) => `${kind} ${key}`);

describe('checkStore', () => {
  it('finds nothing where every key is named by a task', async () => {
    const { store } = await aStore();
    const { keys, tasks, orphans, missing } = await checkStore(store, { verify: true });
    expect({ keys, tasks, orphans, missing }).toEqual({ keys: 7, tasks: 1, orphans: [], missing: [] });
  });

  it('tells what belongs to no task, why, how large and how old it is', async () => {
    const { store, records } = await aStore();
    await store.put('similarity', text('of a task that was killed'));
    await store.writeRecord('corrupt/similarity/x', text('wrong'));
    await records.saveState(text('epoch 3'));
    await records.writeProgress({ done: 0.5 });
    const running = new TaskRecords(store, 'task-2');
    await running.writeInput('compare', aCompareInput());
    await running.saveState(text('epoch 1'));
    await running.countOutOfMemory();
    const { orphans } = await checkStore(store, { now: () => Date.now() + 7_200_000 });
    expect(told(orphans)).toEqual([
      'corrupt corrupt/similarity/x',
      expect.stringMatching(/^unreferenced similarity\/[0-9a-f]{64}$/),
      'finished tasks/task-1/progress.json',
      'finished tasks/task-1/state',
    ]);
    expect(orphans[0]).toMatchObject({ bytes: 5 });
    expect(orphans[0]?.ageSeconds).toBeCloseTo(7200, -1);
  });

  it('names what is absent and who wants it; reads nothing of artifacts unless told to', async () => {
    const { driver, store, a, coefficients } = await aStore();
    await driver.delete('activations/a/c/0');
    await driver.write(coefficients.key, text('xx'));
    const absent = { key: 'activations/a/c/0', problem: 'absent', namedBy: 'tasks/task-1/input.json' };
    expect((await checkStore(store)).missing).toEqual([absent]);
    const damaged = { key: coefficients.key, problem: 'damaged', namedBy: 'tasks/task-1/output.json' };
    expect((await checkStore(store, { verify: true })).missing).toEqual([absent, damaged]);
    expect(await driver.exists(coefficients.key)).toBe(true);
    await driver.delete(a.listing.key);
    expect((await checkStore(store)).missing).toEqual([{ ...absent, key: a.listing.key }]);
  });
});

describe('removeOrphans', () => {
  it('removes what is old and nothing else', async () => {
    const { driver, store } = await aStore();
    const orphan = await store.put('similarity', text('of a task that was killed'));
    const { orphans } = await checkStore(store);
    expect(await removeOrphans(store, orphans, 3600)).toEqual([]);
    expect(await driver.exists(orphan.key)).toBe(true);
    expect(told(await removeOrphans(store, orphans, 0))).toEqual([`unreferenced ${orphan.key}`]);
    expect(await checkStore(store, { verify: true })).toMatchObject({ keys: 7, orphans: [], missing: [] });
  });

  it('keeps what a task has named since', async () => {
    const { driver, store } = await aStore();
    const coefficients = await store.put('similarity', text('finished a moment later'));
    const { orphans } = await checkStore(store);
    expect(orphans).toHaveLength(1);
    await new TaskRecords(store, 'task-2').writeOutput({ seconds: 1, output: { layers: [], coefficients } });
    expect(await removeOrphans(store, orphans, 0)).toEqual([]);
    expect(await driver.exists(coefficients.key)).toBe(true);
  });
});
