import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mapConcurrently } from './map-concurrently.js';

it('keeps the order and the limit', async () => {
  let [now, most] = [0, 0];
  const results = await mapConcurrently([5, 1, 3, 0, 2], 2, async (ms) => {
    most = Math.max(most, ++now);
    await setTimeout(ms);
    now--;
    return `${ms} ms`;
  });
  expect(results).toEqual(['5 ms', '1 ms', '3 ms', '0 ms', '2 ms']);
  expect(most).toBe(2);
});

it('begins nothing after a failure, and waits for what has begun', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const run = mapConcurrently([0, 1, 2, 3, 4], 2, async (value) => {
    begun.push(value);
    if (value === 1) throw new Error('no');
    await setTimeout(5);
    ended.push(value);
  });
  await expect(run).rejects.toThrow('no');
  expect(begun).toEqual([0, 1]);
  expect(ended).toEqual([0]);
});
