import { largestMagnitude, requireSquare } from './checks.js';
import type { Matrix } from './matrix.js';
import { row, takeRows } from './matrix.js';
import type { Tridiagonal } from './tridiagonal.js';
import { tridiagonalise } from './tridiagonal.js';

/** A = Σ λᵢ vᵢvᵢᵀ. */
export interface Eigen {
  /** λ, largest first. */
  readonly values: Float64Array;
  /** vᵢ as rows, orthonormal, in the order of the values. */
  readonly vectors: Matrix;
}

const sweepsPerValue = 50;

/**
 * Eigenvalues and eigenvectors of a matrix that must be symmetric, which is not checked.
 *
 * @throws RangeError when the matrix is not square or holds a value that is not finite
 *
 * Method: Householder tridiagonalisation, then QL with Wilkinson's implicit shift. About 9n³ operations.
 * Values are exact to about machine precision × the largest of them.
 * Reference: Bowdler, Martin, Reinsch and Wilkinson 1968, Numer. Math. 11, 293–306.
 */
export function eigenSymmetric(a: Matrix): Eigen {
  requireSquare('eigenSymmetric', a);
  const scale = largestMagnitude('eigenSymmetric', a);
  const unit = scale === 0 ? 1 : scale;
  const t = tridiagonalise({ ...a, data: a.data.map((value) => value / unit) });
  for (let i = 0; i < a.rows; i++) isolate(t, i);
  const values = t.diagonal;
  const order = Array.from(values.keys()).sort((i, j) => (values[j] as number) - (values[i] as number));
  return {
    values: Float64Array.from(order, (i) => (values[i] as number) * unit),
    vectors: takeRows(t.basis, order),
  };
}

/** QL sweeps until the value at place i stands alone. */
function isolate(t: Tridiagonal, i: number): void {
  for (let sweep = 0; sweep < sweepsPerValue; sweep++) {
    const end = blockEnd(t, i);
    if (end === i) return;
    sweepUp(t, i, end);
  }
  throw new Error(`eigenSymmetric: value ${i} did not settle in ${sweepsPerValue} sweeps`);
}

/** The last place of the block that begins at i, where the next value beside the diagonal is negligible. */
function blockEnd({ diagonal: d, offDiagonal: e }: Tridiagonal, i: number): number {
  let end = i;
  while (end + 1 < d.length) {
    const neighbours = Math.abs(d[end] as number) + Math.abs(d[end + 1] as number);
    if (Math.abs(e[end] as number) <= Number.EPSILON * neighbours) break;
    end++;
  }
  return end;
}

/** One implicit QL sweep over the block first … last: a bulge chased from its end to its beginning. */
function sweepUp(t: Tridiagonal, first: number, last: number): void {
  const { diagonal: d, offDiagonal: e } = t;
  let g = (d[last] as number) - shift(t, first);
  let sine = 1;
  let cosine = 1;
  let moved = 0;
  for (let i = last - 1; i >= first; i--) {
    const bulge = sine * (e[i] as number);
    const beside = cosine * (e[i] as number);
    const length = Math.sqrt(bulge * bulge + g * g);
    e[i + 1] = length;
    if (length === 0) {
      d[i + 1] = (d[i + 1] as number) - moved;
      e[last] = 0;
      return;
    }
    sine = bulge / length;
    cosine = g / length;
    g = (d[i + 1] as number) - moved;
    const twist = ((d[i] as number) - g) * sine + 2 * cosine * beside;
    moved = sine * twist;
    d[i + 1] = g + moved;
    g = cosine * twist - beside;
    rotateRows(row(t.basis, i), row(t.basis, i + 1), cosine, sine);
  }
  d[first] = (d[first] as number) - moved;
  e[first] = g;
  e[last] = 0;
}

/** Wilkinson's: the eigenvalue of the first 2 × 2 block that is nearer to its first entry. */
function shift({ diagonal: d, offDiagonal: e }: Tridiagonal, first: number): number {
  const beside = e[first] as number;
  const half = ((d[first + 1] as number) - (d[first] as number)) / (2 * beside);
  const root = Math.sqrt(half * half + 1);
  return (d[first] as number) - beside / (half + (half >= 0 ? root : -root));
}

/** (x, y) ← (c·x − s·y, s·x + c·y). */
export function rotateRows(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const xk = x[k] as number;
    const yk = y[k] as number;
    x[k] = c * xk - s * yk;
    y[k] = s * xk + c * yk;
  }
}
