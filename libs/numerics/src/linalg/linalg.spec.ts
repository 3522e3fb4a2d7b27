import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { seedFrom } from '../random/seed.js';
import { eigenSymmetric } from './eigen.js';
import type { Matrix } from './matrix.js';
import { centredChannels, transpose, zeros } from './matrix.js';
import { times, timesTransposed } from './products.js';
import { singularValues } from './svd.js';

function normal(rows: number, cols: number, name = 'matrix'): Matrix {
  const random = new Random(seedFrom(name, rows, cols));
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => random.normal()) };
}

function diagonal(values: ArrayLike<number>): Matrix {
  const matrix = zeros(values.length, values.length);
  for (let i = 0; i < values.length; i++) matrix.data[i * values.length + i] = values[i]!;
  return matrix;
}

function distance(a: Matrix, b: Matrix): number {
  expect([a.rows, a.cols]).toEqual([b.rows, b.cols]);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}

const identity = (n: number) => diagonal(new Array<number>(n).fill(1));

describe('timesTransposed', () => {
  it.each([
    [1, 1, 1],
    [3, 4, 5],
    [4, 3, 700],
    [5, 5, 513],
  ])('multiplies %i rows by %i rows of length %i', (p, q, n) => {
    const [a, b] = [normal(p, n, 'a'), normal(q, n, 'b')];
    const product = timesTransposed(a, b);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < q; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a.data[i * n + k]! * b.data[j * n + k]!;
        expect(product.data[i * q + j]).toBeCloseTo(sum, 11);
      }
    }
  });

  it('gives the same for a matrix with itself as with a copy', () => {
    const a = normal(7, 300);
    expect(timesTransposed(a, a)).toEqual(timesTransposed(a, { ...a }));
  });

  it('refuses rows of two lengths', () => {
    expect(() => timesTransposed(normal(2, 3), normal(2, 4))).toThrow('found 3 and 4');
  });
});

describe('centredChannels', () => {
  it('takes the mean off every channel and does not change its input', () => {
    const data = Float32Array.of(1, 10, 2, 20, 6, 30);
    expect(centredChannels({ rows: 3, cols: 2, data })).toEqual({
      rows: 2,
      cols: 3,
      data: Float64Array.of(-2, -1, 3, -10, 0, 10),
    });
    expect(data).toEqual(Float32Array.of(1, 10, 2, 20, 6, 30));
  });

  it('refuses a wrong shape, one point, and values that are not finite', () => {
    const data = Float64Array.of(1, 2, NaN, 4);
    expect(() => centredChannels({ rows: 2, cols: 3, data })).toThrow('expected 2 × 3 values, found 4');
    expect(() => centredChannels({ rows: 1, cols: 4, data })).toThrow('at least 2 points');
    expect(() => centredChannels({ rows: 2, cols: 2, data })).toThrow('in channel 0');
  });
});

describe('eigenSymmetric', () => {
  it.each([1, 2, 3, 10, 64, 129])('takes a matrix of size %i apart', (n) => {
    const a = timesTransposed(normal(n, n + 5), normal(n, n + 5));
    const { values, vectors } = eigenSymmetric(a);
    expect(distance(timesTransposed(vectors, vectors), identity(n))).toBeLessThan(1e-13);
    const rebuilt = times(transpose(vectors), times(diagonal(values), vectors));
    expect(distance(rebuilt, a) / values[0]!).toBeLessThan(1e-13);
    expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => y - x));
  });

  it('finds values known in closed form: 2 − 2cos(kπ/(n + 1)) of the second difference', () => {
    const n = 50;
    const a = zeros(n, n);
    for (let i = 0; i < n; i++) {
      a.data[i * n + i] = 2;
      if (i > 0) a.data[i * n + i - 1] = a.data[(i - 1) * n + i] = -1;
    }
    eigenSymmetric(a).values.forEach((value, i) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 13);
    });
  });

  it.each([
    ['zeros', [0, 0, 0]],
    ['equal values', [2, 2, 2]],
    ['negative ones', [3, -1, -5]],
    ['values of many sizes', [1e150, 1, 1e-150]],
  ])('takes %s', (_name, values) => {
    expect(Array.from(eigenSymmetric(diagonal(values)).values)).toEqual(values);
  });

  it('refuses a matrix that is not square, or not finite', () => {
    expect(() => eigenSymmetric(zeros(2, 3))).toThrow('expected a square, found 2 × 3');
    expect(() => eigenSymmetric(diagonal([1, NaN]))).toThrow('expected finite values');
  });
});

describe('singularValues', () => {
  it.each([
    [1, 1],
    [5, 3],
    [3, 5],
    [40, 40],
    [64, 20],
  ])('takes a %i × %i matrix apart', (rows, cols) => {
    const a = normal(rows, cols);
    const { values, left, right } = singularValues(a);
    const k = Math.min(rows, cols);
    expect(distance(timesTransposed(left, left), identity(k))).toBeLessThan(1e-13);
    expect(distance(timesTransposed(right, right), identity(k))).toBeLessThan(1e-13);
    expect(distance(times(transpose(left), times(diagonal(values), right)), a)).toBeLessThan(1e-12);
    expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => y - x));
  });

  it('finds small values that the square of the matrix would lose', () => {
    const sizes = Array.from({ length: 12 }, (_, i) => 10 ** -i);
    const turn = (name: string) => singularValues(normal(12, 12, name)).left;
    const a = times(turn('u'), times(diagonal(sizes), turn('v')));
    singularValues(a).values.forEach((value, i) => {
      expect(Math.abs(value - sizes[i]!)).toBeLessThan(1e-14);
    });
  });

  it('takes a matrix of lower rank, and of zeros', () => {
    const rankOne = timesTransposed(normal(6, 1, 'u'), normal(4, 1, 'v'));
    const { values } = singularValues(rankOne);
    expect(values[0]).toBeGreaterThan(0.1);
    expect(values[1]! / values[0]!).toBeLessThan(1e-14);
    expect(Array.from(singularValues(zeros(3, 2)).values)).toEqual([0, 0]);
  });
});
