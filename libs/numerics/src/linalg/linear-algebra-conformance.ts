import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { seedFrom } from '../random/seed.js';
import type { LinearAlgebra } from './linear-algebra.js';
import type { Matrix } from './matrix.js';
import { transpose, zeros } from './matrix.js';

/** Numbers of a normal distribution, the same at each call. */
export function normal(rows: number, cols: number, name = 'matrix'): Matrix {
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

/** A · Bᵀ by its definition. */
function product(a: Matrix, b: Matrix): Matrix {
  const result = zeros(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      for (let k = 0; k < a.cols; k++)
        result.data[i * b.rows + j]! += a.data[i * a.cols + k]! * b.data[j * b.cols + k]!;
    }
  }
  return result;
}

const identity = (n: number) => diagonal(new Array<number>(n).fill(1));
const descending = (values: Float64Array) => values.toSorted().reverse();

/** What every linear algebra keeps to. */
export function describeLinearAlgebra(
  name: string,
  open: () => LinearAlgebra | Promise<LinearAlgebra>,
): void {
  describe(`linear algebra: ${name}`, () => {
    let algebra: LinearAlgebra;
    beforeAll(async () => {
      algebra = await open();
    });

    describe('timesTransposed and times', () => {
      it.each([
        [1, 1, 1],
        [3, 4, 5],
        [4, 3, 700],
        [5, 5, 513],
        [0, 3, 2],
        [3, 2, 0],
      ])('multiply %i rows by %i rows of length %i', (p, q, n) => {
        const [a, b] = [normal(p, n, 'a'), normal(q, n, 'b')];
        const inputs = [a.data.slice(), b.data.slice()];
        expect(distance(algebra.timesTransposed(a, b), product(a, b))).toBeLessThan(1e-11);
        expect(distance(algebra.times(a, transpose(b)), product(a, b))).toBeLessThan(1e-11);
        expect([a.data, b.data]).toEqual(inputs);
      });

      it.each([
        [7, 300],
        [64, 20],
        [0, 4],
      ])('give the same for %i × %i with itself as with a copy, and exactly symmetric', (rows, cols) => {
        const a = normal(rows, cols);
        const itself = algebra.timesTransposed(a, a);
        expect(distance(itself, algebra.timesTransposed(a, { ...a }))).toBeLessThan(1e-12);
        expect(transpose(itself)).toEqual(itself);
      });

      it('refuse rows of two lengths', () => {
        expect(() => algebra.timesTransposed(normal(2, 3), normal(2, 4))).toThrow('found 3 and 4');
        expect(() => algebra.times(normal(2, 3), normal(2, 4))).toThrow('found 3 and 2');
      });

      it('carry what is not a number into its row and column alone', () => {
        const a = normal(3, 4);
        a.data[4] = NaN;
        const odd = Array.from(algebra.timesTransposed(a, a).data, Number.isNaN);
        expect(odd).toEqual([false, true, false, true, true, true, false, true, false]);
      });
    });

    describe('eigenSymmetric', () => {
      it.each([1, 2, 3, 10, 64, 129])('takes a matrix of size %i apart', (n) => {
        const a = product(normal(n, n + 5), normal(n, n + 5));
        const input = a.data.slice();
        const { values, vectors } = algebra.eigenSymmetric(a);
        expect(distance(product(vectors, vectors), identity(n))).toBeLessThan(1e-13);
        const scaled = product(transpose(vectors), diagonal(values));
        expect(distance(product(scaled, transpose(vectors)), a) / values[0]!).toBeLessThan(1e-13);
        expect(values).toEqual(descending(values));
        expect(a.data).toEqual(input);
      });

      it('finds values known in closed form: 2 − 2cos(kπ/(n + 1)) of the second difference', () => {
        const n = 50;
        const a = zeros(n, n);
        for (let i = 0; i < n; i++) {
          a.data[i * n + i] = 2;
          if (i > 0) a.data[i * n + i - 1] = a.data[(i - 1) * n + i] = -1;
        }
        algebra.eigenSymmetric(a).values.forEach((value, i) => {
          expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 13);
        });
      });

      it.each([
        ['nothing', []],
        ['zeros', [0, 0, 0]],
        ['equal values', [2, 2, 2]],
        ['negative ones', [3, -1, -5]],
        ['values of many sizes', [1e150, 1, 1e-150]],
      ])('takes %s', (_name, values) => {
        const found = algebra.eigenSymmetric(diagonal(values));
        expect(found.values).toHaveLength(values.length);
        found.values.forEach((value, i) => {
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(1e-15 * values[0]!);
        });
        expect(distance(product(found.vectors, found.vectors), identity(values.length))).toBeLessThan(1e-13);
      });

      it('refuses a matrix that is not square, or not finite', () => {
        expect(() => algebra.eigenSymmetric(zeros(2, 3))).toThrow('expected a square, found 2 × 3');
        for (const odd of [NaN, Infinity, -Infinity])
          expect(() => algebra.eigenSymmetric(diagonal([1, odd]))).toThrow('expected finite values');
      });
    });

    describe('singularValues', () => {
      it.each([
        [1, 1],
        [1, 7],
        [7, 1],
        [5, 3],
        [3, 5],
        [40, 40],
        [64, 20],
        [20, 64],
      ])('takes a %i × %i matrix apart', (rows, cols) => {
        const a = normal(rows, cols);
        const input = a.data.slice();
        const { values, left, right } = algebra.singularValues(a);
        const k = Math.min(rows, cols);
        expect(distance(product(left, left), identity(k))).toBeLessThan(1e-13);
        expect(distance(product(right, right), identity(k))).toBeLessThan(1e-13);
        const scaled = product(transpose(left), diagonal(values));
        expect(distance(product(scaled, transpose(right)), a)).toBeLessThan(1e-12);
        expect(values).toEqual(descending(values));
        expect(a.data).toEqual(input);
      });

      it('finds small values that the square of the matrix would lose', () => {
        const sizes = Array.from({ length: 12 }, (_, i) => 10 ** -i);
        const turn = (which: string) => algebra.singularValues(normal(12, 12, which)).left;
        const a = product(product(turn('u'), diagonal(sizes)), transpose(turn('v')));
        algebra.singularValues(a).values.forEach((value, i) => {
          expect(Math.abs(value - sizes[i]!)).toBeLessThan(1e-14);
        });
      });

      it.each([
        [6, 4],
        [4, 6],
      ])('takes a %i × %i matrix of lower rank', (rows, cols) => {
        const { values, left, right } = algebra.singularValues(
          product(normal(rows, 1, 'u'), normal(cols, 1, 'v')),
        );
        expect(values[0]).toBeGreaterThan(0.1);
        expect(values[1]! / values[0]!).toBeLessThan(1e-14);
        for (const vectors of [left, right]) expect(product(vectors, vectors).data[0]).toBeCloseTo(1, 13);
      });

      it('takes zeros, and nothing', () => {
        expect(Array.from(algebra.singularValues(zeros(3, 2)).values)).toEqual([0, 0]);
        const { values, left, right } = algebra.singularValues(zeros(0, 2));
        expect([values.length, left.rows, left.cols, right.rows, right.cols]).toEqual([0, 0, 0, 0, 2]);
      });

      it('refuses values that are not finite', () => {
        for (const odd of [NaN, Infinity])
          expect(() => algebra.singularValues(diagonal([1, odd]))).toThrow('expected finite values');
      });
    });
  });
}
