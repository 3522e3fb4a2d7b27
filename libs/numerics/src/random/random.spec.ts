import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { seedFrom } from './seed.js';

const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const power = (k: number) => values.reduce((sum, v) => sum + (v - mean) ** k, 0) / values.length;
  return { mean, variance: power(2), skew: power(3), kurtosis: power(4) };
};

describe('Random', () => {
  it('is xoshiro128**', () => {
    const random = new Random([1, 2, 3, 4]);
    // the authors' C program from the state 1, 2, 3, 4
    expect(Array.from({ length: 6 }, () => random.nextUint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492,
    ]);
  });

  it('gives the same normal numbers to the last bit, for ever', () => {
    const random = new Random(seedFrom('normal'));
    expect([random.normal(), random.normal(), random.normal()]).toEqual([
      -0.5322907654276494, 1.1322184931377706, -0.4983325350355826,
    ]);
  });

  it('draws uniform numbers in [0, 1)', () => {
    const random = new Random(seedFrom('uniform'));
    const values = Array.from({ length: 100_000 }, () => random.uniform());
    const { mean, variance } = moments(values);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('draws normal numbers with the moments of the standard normal', () => {
    const random = new Random(seedFrom('moments'));
    const values = Array.from({ length: 200_000 }, () => random.normal());
    const { mean, variance, skew, kurtosis } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.015);
    expect(Math.abs(skew)).toBeLessThan(0.03);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.06);
  });

  it('uses a logarithm as good as that of Math', () => {
    // the polar method on the same uniform numbers
    const [ours, uniform] = [new Random(seedFrom('log')), new Random(seedFrom('log'))];
    for (let checked = 0; checked < 1000;) {
      const [u, v] = [2 * uniform.uniform() - 1, 2 * uniform.uniform() - 1];
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      expect(Math.abs(ours.normal() / (u * factor) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(ours.normal() / (v * factor) - 1)).toBeLessThan(1e-14);
      checked++;
    }
  });

  it('draws every integer equally often', () => {
    const random = new Random(seedFrom('integer'));
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('shuffles into every order equally often, in place', () => {
    const random = new Random(seedFrom('shuffle'));
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = Uint8Array.of(0, 1, 2, 3);
      expect(random.shuffle(order)).toBe(order);
      counts.set(order.join(''), (counts.get(order.join('')) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(160);
  });

  it('samples different numbers, and a smaller sample is the beginning of a larger one', () => {
    const sample = (k: number) => new Random(seedFrom('sample')).sample(100, k);
    expect(new Set(sample(100)).size).toBe(100);
    expect(sample(10)).toEqual(sample(64).slice(0, 10));
    expect(sample(0)).toEqual([]);
  });

  it('refuses what it cannot draw', () => {
    const random = new Random([1, 0, 0, 0]);
    expect(() => random.integer(0)).toThrow(RangeError);
    expect(() => random.sample(3, 4)).toThrow('expected 0 <= k <= 3, found k = 4');
    expect(() => new Random([0, 0, 0, 0])).toThrow('all words are zero');
  });
});
