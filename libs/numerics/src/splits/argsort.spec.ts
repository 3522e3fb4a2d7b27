import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argsortAsNumpy } from './argsort.js';

const most = new Array<number>(20).fill(32);
const small = Array.from({ length: 13 }, (_, k) => k);

/** Each pivot takes only two values off (after McIlroy 1999, A killer adversary for quicksort). */
const adversary = [...small.flatMap((k) => [k, 32]), ...most.slice(0, 5), ...small, ...most];

// numpy 1.24.4
describe('argsortAsNumpy', () => {
  it('breaks ties as numpy does', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i * 7919) % 23);
    expect(Array.from(argsortAsNumpy(values).slice(0, 20))).toEqual([
      0, 92, 69, 46, 23, 79, 56, 10, 33, 89, 66, 43, 20, 76, 53, 30, 99, 7, 17, 86,
    ]);
  });

  it('falls back to heapsort where numpy does', () => {
    expect(Array.from(argsortAsNumpy(adversary))).toEqual([
      0, 31, 2, 32, 4, 33, 6, 34, 8, 35, 10, 36, 12, 37, 14, 38, 16, 39, 18, 40, 20, 41, 22, 42, 24, 43, 27,
      28, 29, 30, 62, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54,
      55, 56, 57, 58, 59, 60, 61, 25, 63, 26,
    ]);
  });

  it('sorts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 300 }), (values) => {
        const order = argsortAsNumpy(values);
        expect(Array.from(order, (i) => values[i])).toEqual(values.toSorted((a, b) => a - b));
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from(values.keys()));
      }),
      { seed: 1 },
    );
  });
});
