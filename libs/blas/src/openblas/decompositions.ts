import {
  largestMagnitude,
  requireSquare,
  transpose,
  zeros,
  type Eigen,
  type LinearAlgebra,
  type Matrix,
  type Svd,
} from '@palimpsest/numerics';
import type { OpenBlas } from './library.js';
import { requireFilled } from './require-filled.js';

/** With more, the size of the workspace leaves 32 bits. */
const mostDirections = 20_000;

/**
 * Eigenvectors by dsyevd and singular vectors by dgesdd, both of LAPACK.
 * LAPACK takes what lies row by row for the transpose, column by column.
 */
export function decompositions({
  dsyevd,
  dgesdd,
}: Pick<OpenBlas, 'dsyevd' | 'dgesdd'>): Pick<LinearAlgebra, 'eigenSymmetric' | 'singularValues'> {
  return {
    eigenSymmetric(a) {
      requireSquare('eigenSymmetric', a);
      requireUsable('eigenSymmetric', a);
      return a.rows === 0 ? { values: new Float64Array(), vectors: zeros(0, 0) } : eigen(a, dsyevd);
    },
    singularValues(a) {
      requireUsable('singularValues', a);
      const k = Math.min(a.rows, a.cols);
      if (k === 0) return { values: new Float64Array(), left: zeros(0, a.rows), right: zeros(0, a.cols) };
      return svd(a, dgesdd);
    },
  };
}

function eigen(a: Matrix, dsyevd: OpenBlas['dsyevd']): Eigen {
  const n = a.rows;
  const [size, info] = [Int32Array.of(n), new Int32Array(1)];
  const ascending = new Float64Array(n);
  const columns = a.data.slice();
  const run = (work: Float64Array, lwork: number, iwork: Int32Array, liwork: number) => {
    const space = [work, Int32Array.of(lwork), iwork, Int32Array.of(liwork)] as const;
    dsyevd('V', 'U', size, columns, size, ascending, ...space, info, 1, 1);
    requireSuccess('eigenSymmetric', info);
  };
  const [floats, integers] = [new Float64Array(1), new Int32Array(1)];
  run(floats, -1, integers, -1);
  const [lwork, liwork] = [floats[0] as number, integers[0] as number];
  run(new Float64Array(lwork), lwork, new Int32Array(liwork), liwork);
  const vectors = zeros(n, n);
  for (let i = 0; i < n; i++) vectors.data.set(columns.subarray((n - 1 - i) * n, (n - i) * n), i * n);
  return { values: ascending.reverse(), vectors };
}

/** Of Aᵀ, as LAPACK sees it: its left vectors are the right ones of A. */
function svd(a: Matrix, dgesdd: OpenBlas['dgesdd']): Svd {
  const k = Math.min(a.rows, a.cols);
  const [m, n, kept, info] = [
    Int32Array.of(a.cols),
    Int32Array.of(a.rows),
    Int32Array.of(k),
    new Int32Array(1),
  ];
  const values = new Float64Array(k);
  const [right, leftColumns] = [zeros(k, a.cols), zeros(a.rows, k)];
  const iwork = new Int32Array(8 * k);
  const data = a.data.slice();
  const run = (work: Float64Array, lwork: number) => {
    const out = [values, right.data, m, leftColumns.data, kept] as const;
    dgesdd('S', m, n, data, m, ...out, work, Int32Array.of(lwork), iwork, info, 1);
    requireSuccess('singularValues', info);
  };
  const floats = new Float64Array(1);
  run(floats, -1);
  const lwork = floats[0] as number;
  run(new Float64Array(lwork), lwork);
  return { values, left: transpose(leftColumns), right };
}

function requireUsable(what: string, a: Matrix): void {
  const directions = Math.min(a.rows, a.cols);
  if (directions > mostDirections)
    throw new RangeError(`${what}: expected at most ${mostDirections} directions, found ${directions}`);
  requireFilled(a);
  largestMagnitude(what, a);
}

/** @throws Error when it did not converge (above 0), or was called wrongly, which is a bug */
function requireSuccess(what: string, info: Int32Array): void {
  if (info[0] !== 0) throw new Error(`${what}: LAPACK gave up with info ${info[0]}`);
}
