import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../linalg/matrix.js';
import { times } from '../linalg/products.js';
import { singularValues } from '../linalg/svd.js';
import { Random } from '../random/random.js';
import { seedFrom } from '../random/seed.js';
import { cca, ccaFromWhitened } from './cca.js';
import { linearCka } from './cka.js';
import type { MeasureName } from './measures.js';
import { measures } from './measures.js';
import { permutationBaseline } from './permutation-baseline.js';
import { pwcca } from './pwcca.js';
import { summarise } from './summary.js';
import { svcca } from './svcca.js';
import { whiten } from './whiten.js';

type Doubles = Activations & { readonly data: Float64Array };

function normal(rows: number, cols: number, ...name: (string | number)[]): Doubles {
  const random = new Random(seedFrom(...name, rows, cols));
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => random.normal()) };
}

function mix(x: Doubles, y: Doubles, share: number): Doubles {
  return { ...x, data: x.data.map((value, i) => share * value + (1 - share) * y.data[i]!) };
}

function withColumns(x: Doubles, ...columns: ((point: number) => number)[]): Doubles {
  const cols = x.cols + columns.length;
  const data = Float64Array.from({ length: x.rows * cols }, (_, k) => {
    const [point, channel] = [Math.floor(k / cols), k % cols];
    return channel < x.cols ? x.data[point * x.cols + channel]! : columns[channel - x.cols]!(point);
  });
  return { rows: x.rows, cols, data };
}

const rotation = (n: number) => singularValues(normal(n, n, 'rotation')).left;
const epsilon = 1e-12;
const first = normal(400, 6, 'first');
const second = mix(first, normal(400, 6, 'noise'), 0.5);
const most = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe('cca', () => {
  const { coefficients } = cca(first, second, { epsilon });

  it('gives as many correlations as the smaller network has channels, in [0, 1], largest first', () => {
    const sizes = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (p, q, seed) => {
        const found = cca(normal(60, p, 'x', seed), normal(60, q, 'y', seed), { epsilon }).coefficients;
        expect(found).toHaveLength(Math.min(p, q));
        expect(found).toEqual(found.toSorted((a, b) => b - a));
        expect(found.every((value) => value >= 0 && value <= 1)).toBe(true);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('is 1 for a network and any invertible map of it', () => {
    const mapped = times(first, normal(6, 6, 'map'));
    expect(most(cca(first, mapped, { epsilon: 0 }).coefficients, new Array<number>(6).fill(1))).toBeLessThan(
      1e-12,
    );
  });

  it('does not change under an invertible map, a shift or a new scale of one network', () => {
    const mapped = times(second, normal(6, 6, 'map'));
    const moved = { ...second, data: second.data.map((value, i) => 1e4 * value + (i % 6)) };
    expect(most(cca(first, mapped, { epsilon: 0 }).coefficients, coefficients)).toBeLessThan(1e-10);
    expect(most(cca(first, moved, { epsilon }).coefficients, coefficients)).toBeLessThan(1e-10);
  });

  it('is symmetric', () => {
    expect(most(cca(second, first, { epsilon }).coefficients, coefficients)).toBeLessThan(1e-13);
  });

  it('finds the directions that two networks share and no others', () => {
    const shared = normal(5000, 2, 'shared');
    const x = withColumns(shared, ...normalColumns('x', 3));
    const y = times(withColumns(shared, ...normalColumns('y', 4)), normal(6, 6, 'map'));
    const found = cca(x, y, { epsilon }).coefficients;
    expect(found).toHaveLength(5);
    expect(found[1]).toBeGreaterThan(1 - 1e-9);
    expect(found[2]).toBeLessThan(0.1);
  });

  it('takes float32 as float64', () => {
    const rounded = { ...first, data: Float32Array.from(first.data) };
    const doubled = { ...first, data: Float64Array.from(rounded.data) };
    expect(cca(rounded, second, { epsilon })).toEqual(cca(doubled, second, { epsilon }));
  });

  it('gives the same for networks whitened once', () => {
    const whitened = ccaFromWhitened(whiten(first, { epsilon }), whiten(second, { epsilon }));
    expect(whitened).toEqual(cca(first, second, { epsilon }));
  });

  it('shrinks with epsilon', () => {
    const value = (e: number) => summarise(cca(first, second, { epsilon: e }).coefficients, 'mean');
    expect(value(1e-3)).toBeLessThan(value(1e-6));
    expect(value(1e-6)).toBeLessThan(value(0));
  });

  it('leaves constant channels out, with a warning', () => {
    const padded = withColumns(
      first,
      () => 0,
      () => 0.1,
    );
    const found = cca(padded, second, { epsilon });
    expect(most(found.coefficients, coefficients)).toBeLessThan(1e-12);
    expect(found.coefficients).toHaveLength(6);
    expect(found.warnings).toEqual(['first network: 2 of 8 channels are constant and were left out']);
  });

  it('counts directions without variance as 0 instead of giving NaN, with a warning', () => {
    const doubled = withColumns(first, (point) => first.data[point * 6]! - first.data[point * 6 + 1]!);
    const found = cca(doubled, withColumns(second, ...normalColumns('more', 1)), { epsilon: 0 });
    expect(found.coefficients).toHaveLength(7);
    expect(found.coefficients[6]).toBeLessThan(1e-12);
    expect(found.warnings).toEqual([
      'first network: 1 of 7 directions have no variance beyond rounding: their correlations count as 0',
    ]);
  });

  it('gives no correlations for a dead network, with a warning', () => {
    const dead = { rows: 400, cols: 3, data: new Float32Array(1200) };
    expect(cca(first, dead, { epsilon })).toEqual({
      coefficients: [],
      warnings: ['second network: 3 of 3 channels are constant and were left out'],
    });
    expect(measures.cca.compute(first, dead, { epsilon, summary: 'mean' }).value).toBe(0);
  });

  it('refuses as many channels as points, when all correlations would be 1', () => {
    expect(() => cca(normal(7, 6, 'x'), normal(7, 2, 'y'), { epsilon })).toThrow(
      'expected more than 7 points for 6 channels, found 7',
    );
    const barely = cca(normal(8, 6, 'x'), normal(8, 2, 'y'), { epsilon });
    expect(barely.warnings).toEqual([
      'only 8 points for 6 channels: correlations are too high; compare with the baseline',
    ]);
  });

  it('refuses other points, and values that are not finite', () => {
    expect(() => cca(first, normal(399, 6, 'y'), { epsilon })).toThrow('found 400 and 399');
    expect(() => cca(first, { ...second, data: second.data.with(8, Infinity) }, { epsilon })).toThrow(
      'channel 2',
    );
    expect(() => cca(first, second, { epsilon: -1 })).toThrow('at least 0, found -1');
  });

  // method: mean of 64 correlations of independent N(0, 1), with numpy
  it.each([
    [4704, 0.0995],
    [10_000, 0.0672],
  ])('has the noise floor of 64 channels at %i points', (points, expected) => {
    const noise = cca(normal(points, 64, 'x'), normal(points, 64, 'y'), { epsilon }).coefficients;
    expect(Math.abs(summarise(noise, 'mean') - expected)).toBeLessThan(0.002);
  });
});

function normalColumns(name: string, count: number): ((point: number) => number)[] {
  const { data } = normal(5000, count, 'columns', name);
  return Array.from({ length: count }, (_, i) => (point) => data[point * count + i]!);
}

describe('summarise', () => {
  it('gives the mean, the sum, or the mean of what holds 98 %', () => {
    const coefficients = [0.9, 0.6, 0.4, 0.09, 0.01];
    expect(summarise(coefficients, 'sum')).toBeCloseTo(2, 15);
    expect(summarise(coefficients, 'mean')).toBeCloseTo(0.4, 15);
    expect(summarise(coefficients, 'mean98')).toBeCloseTo(1.99 / 4, 15);
  });

  it('gives the mean of all when only all hold 98 %, and 0 for none', () => {
    expect(summarise([1, 1, 1], 'mean98')).toBe(1);
    expect(summarise([0, 0], 'mean98')).toBe(0);
    expect(summarise([], 'mean')).toBe(0);
  });
});

describe('svcca', () => {
  const scales = [32, 16, 8, 4, 0.01, 0.01];
  const scaled = { ...first, data: first.data.map((value, i) => value * scales[i % 6]!) };

  it('keeps the directions that hold 99 % of the variance', () => {
    expect(svcca(scaled, second, { epsilon: 0 }).coefficients).toHaveLength(4);
    expect(whiten(scaled, { epsilon: 0, variance: 0.95 }).transform.rows).toBe(3);
  });

  it('is 1 for a rotation and for another scale of all channels', () => {
    const turned = times({ ...scaled, data: scaled.data.map((value) => 3 * value) }, rotation(6));
    const { coefficients } = svcca(scaled, turned, { epsilon: 0 });
    expect(most(coefficients, [1, 1, 1, 1])).toBeLessThan(1e-12);
  });

  it('is CCA where all directions count', () => {
    const found = svcca(first, second, { epsilon }).coefficients;
    expect(most(found, cca(first, second, { epsilon }).coefficients)).toBeLessThan(1e-12);
  });

  it('needs more points than directions only, not than channels', () => {
    const x = times(normal(20, 2, 'x'), normal(2, 30, 'map'));
    expect(svcca(x, normal(20, 2, 'y'), { epsilon: 0 }).coefficients).toHaveLength(2);
  });
});

describe('pwcca', () => {
  it('has weights that sum to 1, and a value between the smallest and the largest correlation', () => {
    const { weights, coefficients } = pwcca(first, second, { epsilon });
    expect(weights).toHaveLength(6);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14);
    const { value } = measures.pwcca.compute(first, second, { epsilon, summary: 'mean' });
    expect(value).toBeGreaterThan(coefficients[5]!);
    expect(value).toBeLessThan(coefficients[0]!);
  });

  it('weighs the directions of the first network that hold most of it', () => {
    const strong = { ...first, data: first.data.map((value, i) => value * (i % 6 === 0 ? 100 : 1)) };
    const y = withColumns(normal(400, 5, 'unrelated'), (point) => first.data[point * 6]!);
    const value = (x: Doubles) => measures.pwcca.compute(x, y, { epsilon, summary: 'mean' }).value;
    expect(value(first)).toBeLessThan(0.4);
    expect(value(strong)).toBeGreaterThan(0.7);
  });
});

describe('linearCka', () => {
  it('is 1 for a rotation with one scale, symmetric, and less than 1 for another map', () => {
    const turned = times({ ...first, data: first.data.map((value) => 7 * value + 1) }, rotation(6));
    const stretched = { ...first, data: first.data.map((value, i) => value * (i % 6 === 0 ? 100 : 1)) };
    expect(linearCka(first, turned).value).toBeCloseTo(1, 12);
    expect(linearCka(first, second).value).toBeCloseTo(linearCka(second, first).value, 14);
    expect(linearCka(first, stretched).value).toBeLessThan(0.6);
  });

  it('is near 0 for networks with nothing in common, and 0 with a warning for a dead one', () => {
    expect(linearCka(first, normal(400, 6, 'other')).value).toBeLessThan(0.05);
    const dead = { rows: 400, cols: 2, data: new Float64Array(800) };
    expect(linearCka(first, dead)).toEqual({
      value: 0,
      warnings: ['all channels of a network are constant'],
    });
  });

  it('warns of fewer points than channels and refuses other points', () => {
    expect(linearCka(normal(5, 6, 'x'), normal(5, 6, 'y')).warnings).toHaveLength(1);
    expect(() => linearCka(first, normal(10, 6, 'y'))).toThrow('found 400 and 10');
  });
});

/** 8 channels × 400 points of a formula, as in test/parity. */
describe('measures', () => {
  const wave = (a: number, b: number, c: number) => (i: number, j: number) =>
    Math.sin(a * i * j + b * i * i) + (0.5 * Math.cos(c * j) * i) / 8;
  const [x, z] = [wave(0.37, 0.1, 0.011), wave(0.53, 0.3, 0.017)];
  const matrix = (f: typeof x, scale: (channel: number) => number = () => 1): Activations => ({
    rows: 400,
    cols: 8,
    data: Float64Array.from({ length: 3200 }, (_, k) => f((k % 8) + 1, Math.floor(k / 8) + 1) * scale(k % 8)),
  });
  const y = (i: number, j: number) => 0.6 * x(9 - i, j) + 0.8 * z(i, j);
  const halving = (channel: number) => 2 ** -channel;

  // from the definitions in the papers, by QR and SVD in numpy 2.4.6
  it.each<[MeasureName, Activations, Activations, number]>([
    ['cca', matrix(x), matrix(y), 0.6033524448933772],
    ['svcca', matrix(x, halving), matrix(y, halving), 0.05669652599257915],
    ['pwcca', matrix(x), matrix(y), 0.6068850326224206],
    ['pwcca', matrix(y), matrix(x), 0.6048562580645945],
    ['cka', matrix(x), matrix(y), 0.3750617687704986],
  ])('%s is what its paper defines', (name, a, b, expected) => {
    const { value } = measures[name].compute(a, b, { epsilon: 0, summary: 'mean' });
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-9);
  });

  it('all fall to a floor when the points of one network are permuted, the same for the same seed', () => {
    for (const measure of Object.values(measures)) {
      const options = { epsilon, summary: 'mean' as const, seed: seedFrom('floor') };
      const floor = permutationBaseline(measure, first, second, options);
      expect(floor.value).toBeLessThan(0.4 * measure.compute(first, second, options).value);
      expect(permutationBaseline(measure, first, second, options)).toEqual(floor);
      const other = permutationBaseline(measure, first, second, { ...options, seed: seedFrom('other') });
      expect(other.value).not.toBe(floor.value);
    }
  });
});
