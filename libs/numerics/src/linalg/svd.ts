import { eigenSymmetric, rotateRows } from './eigen.js';
import type { Matrix } from './matrix.js';
import { row, takeRows, transpose, zeros } from './matrix.js';
import { times, timesTransposed } from './products.js';

/** A = Σ σᵢ uᵢvᵢᵀ over k = min(rows, cols) terms. */
export interface Svd {
  /** σ, largest first. */
  readonly values: Float64Array;
  /** uᵢ as rows, k × rows of A. The vector of a value of zero is one of many, or zero. */
  readonly left: Matrix;
  /** vᵢ as rows, k × columns of A. The vector of a value of zero is one of many, or zero. */
  readonly right: Matrix;
}

const mostSweeps = 40;

/**
 * Singular values and vectors.
 *
 * @throws RangeError when a value is not finite
 *
 * Method: one-sided Jacobi (Hestenes 1958), begun from the eigenvectors of the smaller Gram matrix: its rows
 * are then nearly orthogonal, and two or three sweeps give values exact to about machine precision × the
 * largest, which a Gram matrix alone does not.
 * Reference: Demmel and Veselić 1992, SIAM J. Matrix Anal. Appl. 13, 1204–1245.
 */
export function singularValues(a: Matrix): Svd {
  const wide = a.rows <= a.cols;
  const work = wide ? a : transpose(a);
  const rotation = eigenSymmetric(timesTransposed(work, work)).vectors;
  const rotated = times(rotation, work);
  orthogonaliseRows(rotated, rotation);
  const { values, units, order } = normaliseRows(rotated);
  const near = takeRows(rotation, order);
  return wide ? { values, left: near, right: units } : { values, left: units, right: near };
}

/** Rotates pairs of rows, and those of `rotation` alike, until all are orthogonal. */
function orthogonaliseRows(a: Matrix, rotation: Matrix): void {
  const floor = Number.EPSILON ** 2 * a.data.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let rotations = 0;
    for (let i = 0; i < a.rows; i++) {
      for (let j = i + 1; j < a.rows; j++) rotations += orthogonalise({ a, rotation, floor }, i, j);
    }
    if (rotations === 0) return;
  }
  throw new Error(`singularValues: rows were not orthogonal after ${mostSweeps} sweeps`);
}

/** Makes two rows orthogonal; 1 when they had to be rotated. Rows below the rounding of the largest are left. */
function orthogonalise(pair: { a: Matrix; rotation: Matrix; floor: number }, i: number, j: number): number {
  const [x, y] = [row(pair.a, i), row(pair.a, j)];
  const [xx, xy, yy] = [dot(x, x), dot(x, y), dot(y, y)];
  if (Math.abs(xy) <= 8 * Number.EPSILON * Math.sqrt(Math.max(xx, pair.floor) * Math.max(yy, pair.floor)))
    return 0;
  const half = (yy - xx) / (2 * xy);
  const tangent = (half >= 0 ? 1 : -1) / (Math.abs(half) + Math.sqrt(1 + half * half));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  rotateRows(x, y, cosine, cosine * tangent);
  rotateRows(row(pair.rotation, i), row(pair.rotation, j), cosine, cosine * tangent);
  return 1;
}

/** Lengths of the rows, largest first, and the rows divided by them. */
function normaliseRows(a: Matrix): { values: Float64Array; units: Matrix; order: number[] } {
  const lengths = Array.from({ length: a.rows }, (_, i) => Math.sqrt(dot(row(a, i), row(a, i))));
  const order = Array.from(lengths.keys()).sort((i, j) => (lengths[j] as number) - (lengths[i] as number));
  const values = Float64Array.from(order, (i) => lengths[i] as number);
  const units = zeros(a.rows, a.cols);
  order.forEach((from, to) => {
    const length = lengths[from] as number;
    if (length > 0) row(units, to).set(row(a, from).map((value) => value / length));
  });
  return { values, units, order };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
