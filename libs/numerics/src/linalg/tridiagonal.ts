import type { Matrix } from './matrix.js';
import { row, zeros } from './matrix.js';

/** A = Q T Qᵀ with T tridiagonal. */
export interface Tridiagonal {
  /** n values. */
  readonly diagonal: Float64Array;
  /** n − 1 values beside the diagonal, then a zero. */
  readonly offDiagonal: Float64Array;
  /** Qᵀ, n × n: one vector of the basis a row. */
  readonly basis: Matrix;
}

/** Householder's reduction of a symmetric matrix. Time 8n³/3. */
export function tridiagonalise(symmetric: Matrix): Tridiagonal {
  const n = symmetric.rows;
  const a = { ...symmetric, data: symmetric.data.slice() };
  const offDiagonal = new Float64Array(n);
  const reflectors: Float64Array[] = [];
  for (let k = 0; k + 1 < n; k++) {
    const v = row(a, k).slice();
    v.fill(0, 0, k + 1);
    offDiagonal[k] = reflect(v, k + 1);
    reflectors.push(v);
    reflectBothSides(a, v, k + 1);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a.data[i * n + i] as number);
  return { diagonal, offDiagonal, basis: accumulate(reflectors, n) };
}

/**
 * Turns v into a unit vector u whose reflection I − 2uuᵀ takes v to a multiple of the axis `first`;
 * returns that multiple. A vector of length zero stays zero: no reflection.
 */
function reflect(v: Float64Array, first: number): number {
  const length = Math.sqrt(dot(v, v, first));
  if (length === 0) return 0;
  const head = v[first] as number;
  const image = head > 0 ? -length : length;
  v[first] = head - image;
  const norm = Math.sqrt(dot(v, v, first));
  for (let i = first; i < v.length; i++) v[i] = (v[i] as number) / norm;
  return image;
}

/** A ← (I − 2vvᵀ) A (I − 2vvᵀ) on the rows and columns from `first` on, as A − vwᵀ − wvᵀ. */
function reflectBothSides(a: Matrix, v: Float64Array, first: number): void {
  const w = new Float64Array(a.rows);
  for (let i = first; i < a.rows; i++) w[i] = 2 * dot(row(a, i), v, first);
  const half = dot(v, w, first);
  for (let i = first; i < a.rows; i++) w[i] = (w[i] as number) - half * (v[i] as number);
  for (let i = first; i < a.rows; i++) {
    const vi = v[i] as number;
    const wi = w[i] as number;
    const at = i * a.cols;
    for (let j = first; j < a.rows; j++) {
      a.data[at + j] = (a.data[at + j] as number) - (vi * (w[j] as number) + wi * (v[j] as number));
    }
  }
}

/** Qᵀ as rows, from Q = H₀H₁…: the last reflection first, so that each touches only a corner. */
function accumulate(reflectors: readonly Float64Array[], n: number): Matrix {
  const basis = zeros(n, n);
  for (let i = 0; i < n; i++) basis.data[i * n + i] = 1;
  for (let k = reflectors.length - 1; k >= 0; k--) {
    const v = reflectors[k] as Float64Array;
    for (let i = k + 1; i < n; i++) addMultiple(row(basis, i), v, -2 * dot(row(basis, i), v, k + 1));
  }
  return basis;
}

function addMultiple(target: Float64Array, v: Float64Array, factor: number): void {
  for (let j = 0; j < v.length; j++) target[j] = (target[j] as number) + factor * (v[j] as number);
}

function dot(a: Float64Array, b: Float64Array, first: number): number {
  let sum = 0;
  for (let i = first; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
