import { mirror, requireOneLength, zeros, type LinearAlgebra, type Matrix } from '@palimpsest/numerics';
import type { OpenBlas } from './library.js';
import { requireFilled } from './require-filled.js';

const rowMajor = 101;
const asItIs = 111;
const transposed = 112;
const upper = 121;

/** Products by dgemm, and by dsyrk where a matrix meets itself. */
export function products({
  dgemm,
  dsyrk,
}: Pick<OpenBlas, 'dgemm' | 'dsyrk'>): Pick<LinearAlgebra, 'times' | 'timesTransposed'> {
  const general = (a: Matrix, b: Matrix, form: typeof asItIs | typeof transposed): Matrix => {
    const result = zeros(a.rows, form === transposed ? b.rows : b.cols);
    if (result.data.length === 0 || a.cols === 0) return result;
    const sizes = [a.rows, result.cols, a.cols] as const;
    dgemm(rowMajor, asItIs, form, ...sizes, 1, a.data, a.cols, b.data, b.cols, 0, result.data, result.cols);
    return result;
  };
  const withItself = (a: Matrix): Matrix => {
    const result = zeros(a.rows, a.rows);
    if (a.data.length === 0) return result;
    dsyrk(rowMajor, upper, asItIs, a.rows, a.cols, 1, a.data, a.cols, 0, result.data, a.rows);
    mirror(result);
    return result;
  };
  return {
    times(a, b) {
      requireFilled(a, b);
      requireOneLength(a.cols, b.rows);
      return general(a, b, asItIs);
    },
    timesTransposed(a, b) {
      requireFilled(a, b);
      requireOneLength(a.cols, b.cols);
      return a === b ? withItself(a) : general(a, b, transposed);
    },
  };
}
