import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aCompareInput, eventually } from '@palimpsest/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../drivers.js';
import { definitionOf } from './definitions.js';
import { taskId } from './task-id.js';
import type { Progress } from './task-records.js';
import { behaviours, definitions } from './tasks.fixture.js';
import { ThreadPool } from './thread-pool.js';

let folder = '';
let pool: ThreadPool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-threads-'));
  pool = new ThreadPool(2);
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

function start(seed: number, signal = new AbortController().signal, on = pool) {
  const input = aCompareInput({ seed });
  const progress: Progress[] = [];
  const place = {
    module: definitionOf(definitions, 'compare').module,
    storeUrl: `file:${folder}/store`,
    threads: 3,
    linearAlgebra: { name: 'openblas' as const },
  };
  const order = { taskId: taskId('compare', input), kind: 'compare' as const, input, ...place };
  return { progress, ended: on.run(order, { signal, onProgress: (each) => progress.push(each) }) };
}

describe('ThreadPool', () => {
  it('runs a task of a module by its URL, with the store and what is to compute, and hears of its progress', async () => {
    const { progress, ended } = start(behaviours.succeed);
    const { outcome, seconds } = await ended;
    expect(outcome).toMatchObject({ ok: true, output: { layers: [] } });
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(progress).toContainEqual({ done: 0.5, message: 'half' });
    const { coefficients } = (outcome as { output: { coefficients: never } }).output;
    const written = await openStore(`file:${folder}/store`).get(coefficients);
    expect(Buffer.from(written).toString()).toBe('{"linearAlgebra":"openblas","threads":3}');
  });

  it('brings the kind of an error across, and where it was thrown', async () => {
    const { outcome, stack } = await start(behaviours.failForGood).ended;
    expect(outcome).toEqual({
      ok: false,
      code: 'invalid',
      message: 'seed: expected 1, found 2',
      retry: false,
    });
    expect(stack).toContain('tasks.fixture');
  });

  it.each([
    ['listens', behaviours.waitForStop, 10_000],
    ['does not listen', behaviours.neverListen, 200],
  ])(
    'stops a task that %s',
    async (_, seed, graceMs) => {
      const own = new ThreadPool(1, graceMs);
      try {
        const stop = new AbortController();
        const { progress, ended } = start(seed, stop.signal, own);
        await eventually('it runs', () => progress.some(({ done }) => done === 0.5), 30_000);
        stop.abort();
        const ending = await ended.catch((error: unknown) => error);
        expect(ending).toMatchObject(
          seed === behaviours.waitForStop ? { outcome: { ok: false } } : { name: 'AbortError' },
        );
      } finally {
        await own.close();
      }
    },
    60_000,
  );

  it('says when a thread dies, and goes on with another', async () => {
    await expect(start(behaviours.exitWithLastWords).ended).rejects.toMatchObject({ code: 'unavailable' });
    expect((await start(behaviours.succeed).ended).outcome).toMatchObject({ ok: true });
  });
});
