import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedFrom } from './seed.js';

const part = fc.oneof(fc.string(), fc.integer());

describe('seedFrom', () => {
  it('gives the same words for the same parts, for ever', () => {
    expect(seedFrom('train', 7, 'fold', 1)).toEqual([4078476012, 316154897, 11590850, 3180091954]);
  });

  it('gives other words for other parts, types or borders between parts', () => {
    const seeds = [
      seedFrom('a', 'b'),
      seedFrom('b', 'a'),
      seedFrom('ab'),
      seedFrom('a,b'),
      seedFrom('1'),
      seedFrom(1),
      seedFrom(),
    ];
    expect(new Set(seeds.map(String)).size).toBe(seeds.length);
  });

  it('gives other words for other parts, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(seedFrom(...a)).not.toEqual(seedFrom(...b));
      }),
      { seed: 1 },
    );
  });

  it('spreads neighbouring numbers over all bits', () => {
    const words = Array.from({ length: 2000 }, (_, i) => seedFrom('study', i));
    for (let lane = 0; lane < 4; lane++) {
      for (let bit = 0; bit < 32; bit++) {
        const ones = words.filter((seed) => (seed[lane]! >>> bit) & 1).length;
        expect(Math.abs(ones - 1000)).toBeLessThan(120);
      }
    }
  });

  it('refuses a number that is not finite', () => {
    expect(() => seedFrom('x', NaN)).toThrow('expected a finite number, found NaN');
  });
});
