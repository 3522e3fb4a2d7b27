import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { seedFrom } from '../random/seed.js';
import { ridgeClassifier } from './ridge.js';

function drawn(rows: number, cols: number, classes: number) {
  const random = new Random(seedFrom('ridge', rows, cols, classes));
  const labels = Array.from({ length: rows }, (_, i) => i % classes);
  const data = Float64Array.from({ length: rows * cols }, (_, at) => {
    const [i, j] = [Math.floor(at / cols), at % cols];
    return 3 + random.normal() + (labels[i] === j % classes ? 0.8 : 0);
  });
  return { x: { rows, cols, data }, labels };
}

type Points = ReturnType<typeof drawn>['x'];

/** λ of a shrinkage: times the sum of squares of the centred features over the number of their directions. */
function lambdaOf({ rows, cols, data }: Points, shrinkage: number): number {
  let sum = 0;
  for (let j = 0; j < cols; j++) {
    const values = Array.from({ length: rows }, (_, i) => data[i * cols + j]!);
    const mean = values.reduce((a, b) => a + b) / rows;
    for (const value of values) sum += (value - mean) ** 2;
  }
  return (shrinkage * sum) / Math.min(rows - 1, cols);
}

/** Weights and, last, the intercept of one class, by Gauss–Jordan on the normal equations with a column of ones. */
function solve({ rows, cols, data }: Points, y: readonly number[], lambda: number): number[] {
  const at = (i: number, j: number) => (j === cols ? 1 : data[i * cols + j]!);
  const system = Array.from({ length: cols + 1 }, (_, j) =>
    Array.from({ length: cols + 2 }, (_, k) => {
      let sum = j === k && j < cols ? lambda : 0;
      for (let i = 0; i < rows; i++) sum += at(i, j) * (k > cols ? y[i]! : at(i, k));
      return sum;
    }),
  );
  system.forEach((pivot, j) => {
    const lead = pivot[j]!;
    pivot.forEach((value, k) => (pivot[k] = value / lead));
    for (const other of system) {
      if (other === pivot) continue;
      const factor = other[j]!;
      pivot.forEach((value, k) => (other[k]! -= factor * value));
    }
  });
  return system.map((equation) => equation[cols + 1]!);
}

const targets = (labels: readonly number[], k: number) => labels.map((label) => (label === k ? 1 : -1));
const without = <T>(values: readonly T[], i: number) => values.filter((_, at) => at !== i);
const sizes: [number, number, number][] = [
  [30, 4, 2],
  [12, 12, 3],
  [9, 20, 3],
];

describe('ridge classifier', () => {
  it('of two points on a line is what one computes by hand', () => {
    const x = { rows: 2, cols: 1, data: Float64Array.of(4, 6) };
    const { weights, intercept, leaveOneOutErrors } = ridgeClassifier(x, [0, 1], {
      classes: 2,
      shrinkages: [0.5],
    });
    // Σ(x − 5)² = 2, so λ is 1 and w = 2/(2 + 1). Left out, a point is said to be as the other: off by 2.
    expect([...weights.data]).toEqual([expect.closeTo(-2 / 3, 12), expect.closeTo(2 / 3, 12)]);
    expect([...intercept]).toEqual([expect.closeTo(10 / 3, 12), expect.closeTo(-10 / 3, 12)]);
    expect(leaveOneOutErrors[0]).toBeCloseTo(4, 12);
  });

  it.each(sizes)('of %i points of %i features in %i classes solves the normal equations', (n, p, classes) => {
    const { x, labels } = drawn(n, p, classes);
    const found = ridgeClassifier(x, labels, { classes, shrinkages: [0.1] });
    for (let k = 0; k < classes; k++) {
      const expected = solve(x, targets(labels, k), lambdaOf(x, 0.1));
      for (let j = 0; j < p; j++) expect(found.weights.data[j * classes + k]).toBeCloseTo(expected[j]!, 9);
      expect(found.intercept[k]).toBeCloseTo(expected[p]!, 9);
    }
  });

  it.each(sizes)(
    'of %i points of %i features in %i classes errs as if refitted without each',
    (n, p, classes) => {
      const { x, labels } = drawn(n, p, classes);
      const shrinkages = [1e-3, 0.1, 10];
      const { leaveOneOutErrors, shrinkage } = ridgeClassifier(x, labels, { classes, shrinkages });
      const errors = shrinkages.map((each) => {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const left = { rows: n - 1, cols: p, data: x.data.filter((_, at) => Math.floor(at / p) !== i) };
          for (let k = 0; k < classes; k++) {
            const y = targets(labels, k);
            const weights = solve(left, without(y, i), lambdaOf(x, each));
            const score = weights.reduce((total, w, j) => total + w * (j === p ? 1 : x.data[i * p + j]!), 0);
            sum += (y[i]! - score) ** 2;
          }
        }
        return sum / (n * classes);
      });
      errors.forEach((error, i) => expect(leaveOneOutErrors[i]! / error).toBeCloseTo(1, 7));
      expect(shrinkage).toBe(shrinkages[errors.indexOf(Math.min(...errors))]);
    },
  );

  it('scores alike whatever the scale and the origin of the features', () => {
    const { x, labels } = drawn(30, 4, 3);
    const options = { classes: 3, shrinkages: [0.01, 1] };
    const plain = ridgeClassifier(x, labels, options);
    const moved = ridgeClassifier({ ...x, data: x.data.map((value) => 1000 * value - 7) }, labels, options);
    moved.weights.data.forEach((w, i) => expect(1000 * w).toBeCloseTo(plain.weights.data[i]!, 8));
    expect(moved.shrinkage).toBe(plain.shrinkage);
  });

  it('knows of features that never change only how many points a class has', () => {
    const x = { rows: 4, cols: 2, data: new Float64Array(8).fill(3) };
    const { weights, intercept } = ridgeClassifier(x, [0, 1, 1, 1], { classes: 2, shrinkages: [1] });
    expect([...weights.data]).toEqual([0, 0, 0, 0]);
    expect([...intercept]).toEqual([-0.5, 0.5]);
  });

  it.each([
    ['labels of other points', [0, 1, 0], [1], 'expected one for each of 2 points, found 3'],
    ['a label of no class', [0, 2], [1], 'expected whole numbers from 0 to 1, found 2'],
    ['no shrinkage', [0, 1], [], 'shrinkages: expected some above 0, found none'],
    ['a shrinkage of 0', [0, 1], [1, 0], 'shrinkages: expected some above 0, found 1, 0'],
  ])('refuses %s', (_, labels, shrinkages, message) => {
    const x = { rows: 2, cols: 1, data: Float64Array.of(0, 1) };
    expect(() => ridgeClassifier(x, labels, { classes: 2, shrinkages })).toThrow(message);
  });
});
