import type { ArtifactRef, TaskInput } from '@palimpsest/contracts';
import { aCompareInput } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { runTask, storedOutput } from './run-task.js';
import { taskId } from './task-id.js';
import { TaskRecords } from './task-records.js';
import type { TaskContext, TaskDefinition } from './task.js';

type Run = TaskDefinition<'compare'>['run'];

function open(run: Run = made) {
  const driver = new MemoryStore();
  const store = new Store(driver);
  let runs = 0;
  const definition: TaskDefinition<'compare'> = {
    kind: 'compare',
    runs: 'here',
    module: '',
    run: (input, context) => {
      runs += 1;
      return run(input, context);
    },
  };
  const order = {
    taskId: taskId('compare', aCompareInput()),
    kind: 'compare' as const,
    input: aCompareInput(),
  };
  const start = (input: unknown = order.input, signal = new AbortController().signal) =>
    runTask(definition, { ...order, input }, { store, threads: 1, signal, progress: () => undefined });
  return {
    driver,
    store,
    start,
    id: order.taskId,
    runs: () => runs,
    records: new TaskRecords(store, order.taskId),
  };
}

const made: Run = async (_: TaskInput<'compare'>, { store }: TaskContext) => ({
  layers: [],
  coefficients: await store.putJson('coefficients', { values: [1] }),
});

describe('runTask', () => {
  it('runs once: the second time the output is there', async () => {
    const { start, runs } = open();
    const first = await start();
    const second = await start();
    expect(second.output).toEqual(first.output);
    expect(first.seconds).toBeGreaterThanOrEqual(0);
    expect(second.seconds).toBeNull();
    expect(runs()).toBe(1);
  });

  it('runs again when its output was altered since', async () => {
    const { driver, start, id, runs } = open();
    await start();
    const key = `tasks/${id}/output.json`;
    const text = Buffer.from((await driver.read(key)) ?? '').toString();
    await driver.write(key, Buffer.from(text.replace('"bytes":', '"bytes":1')));
    await start();
    expect(runs()).toBe(2);
    expect(Buffer.from((await driver.read(key)) ?? '').toString()).toContain(text.slice(0, 60));
  });

  it('runs again when an artifact of its output is gone, or was found corrupt', async () => {
    const { driver, store, start, runs } = open();
    const { output } = await start();
    const ref = (output as { coefficients: ArtifactRef }).coefficients;
    await driver.delete(ref.key);
    await start();
    expect(runs()).toBe(2);
    await driver.write(ref.key, Uint8Array.of(1));
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'corrupt' });
    await start();
    expect(runs()).toBe(3);
    expect(Buffer.from(await store.get(ref)).toString()).toBe('{"values":[1]}');
  });

  it.each(['not JSON', '{}', '{"output":{"of":"an older version"},"seconds":1}'])(
    'runs again when the stored output is %s',
    async (text) => {
      const { store, id, start, runs } = open();
      await store.writeRecord(`tasks/${id}/output.json`, Buffer.from(text));
      await start();
      expect(runs()).toBe(1);
    },
  );

  it('goes on from the state of the attempt before, and deletes it at the end', async () => {
    let cutOff = true;
    const { start, records } = open(async (input, context) => {
      const epoch = (await context.loadState())?.[0] ?? 0;
      await context.saveState(Uint8Array.of(epoch + 1));
      if (cutOff) throw new Error('cut off');
      expect(epoch).toBe(1);
      return made(input, context);
    });
    await expect(start()).rejects.toThrow('cut off');
    cutOff = false;
    await start();
    expect(await records.loadState()).toBeUndefined();
  });

  it('is told how many attempts memory ended, until one has the output', async () => {
    const told: number[] = [];
    const { start, records } = open(async (input, context) => {
      told.push(await context.outOfMemory());
      return made(input, context);
    });
    await records.countOutOfMemory();
    await records.countOutOfMemory();
    await start();
    expect(told).toEqual([2]);
    expect(await records.readOutOfMemory()).toBe(0);
  });

  it('refuses an input that is not of the kind, naming the field', async () => {
    const { start, runs } = open();
    await expect(start({ ...aCompareInput(), seed: -1 })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/input of compare[^]*seed/) as string,
    });
    expect(runs()).toBe(0);
  });

  it('does not keep an output that is not of the kind', async () => {
    const { start, store, id } = open(() => Promise.resolve({ layers: 'none' } as never));
    await expect(start()).rejects.toThrow(/output of compare[^]*layers/);
    expect(await storedOutput('compare', id, store)).toBeUndefined();
  });

  it('does not begin when aborted', async () => {
    const { start, runs } = open();
    await expect(start(aCompareInput(), AbortSignal.abort())).rejects.toThrow();
    expect(runs()).toBe(0);
  });
});
