import { describe, expect, it } from 'vitest';
import { Mt19937 } from './mt19937.js';

// numpy 2.4.6, RandomState(seed)
describe('Mt19937', () => {
  it.each([
    [0, [2357136044, 2546248239]],
    [2, [1872583848, 794921487, 111352301, 4000937544, 2360782358]],
    [4294967295, [419326371, 479346978]],
  ])('begins as numpy does with seed %i', (seed, expected) => {
    const generator = new Mt19937(seed);
    expect(expected.map(() => generator.nextUint32())).toEqual(expected);
  });

  it('goes on as numpy does after its state is used up', () => {
    const generator = new Mt19937(2);
    for (let i = 0; i < 999; i++) generator.nextUint32();
    expect(generator.nextUint32()).toBe(1429249493);
  });

  it('shuffles as numpy does', () => {
    const expected = [1, 17, 2, 5, 11, 0, 18, 6, 13, 19, 10, 14, 8, 16, 9, 12, 7, 3, 4, 15];
    expect(new Mt19937(7).shuffle(Array.from({ length: 20 }, (_, i) => i))).toEqual(expected);
  });

  it('draws an interval with both its ends', () => {
    const generator = new Mt19937(1);
    const drawn = new Set(Array.from({ length: 200 }, () => generator.randomInterval(4)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([-1, 0.5, 2 ** 32, NaN])('refuses the seed %s', (seed) => {
    expect(() => new Mt19937(seed)).toThrow(RangeError);
  });
});
