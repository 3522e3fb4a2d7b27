import { requireOneLength } from './checks.js';
import type { Matrix } from './matrix.js';
import { transpose, zeros } from './matrix.js';

/** Columns summed at a time: the rows in use stay in the cache, and rounding grows with the blocks' number. */
const blockSize = 256;

/**
 * A · Bᵀ, that is every row of A times every row of B.
 *
 * @param a p × n
 * @param b q × n; the same object as `a` halves the work
 * @returns p × q
 * @throws RangeError when the rows differ in length
 *
 * Method: 2 × 2 tiles of dot products over blocks of 256 columns. Time npq.
 */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  requireOneLength(a.cols, b.cols);
  const result = zeros(a.rows, b.rows);
  for (let start = 0; start < a.cols; start += blockSize) {
    const block = { start, end: Math.min(a.cols, start + blockSize) };
    for (let i = 0; i < a.rows; i += 2) {
      for (let j = a === b ? i : 0; j < b.rows; j += 2) addTile(result, { a, b, i, j, ...block });
    }
  }
  if (a === b) mirror(result);
  return result;
}

/** A · B. @throws RangeError when A has another number of columns than B has rows */
export function times(a: Matrix, b: Matrix): Matrix {
  return timesTransposed(a, transpose(b));
}

interface Tile {
  a: Matrix;
  b: Matrix;
  i: number;
  j: number;
  start: number;
  end: number;
}

/** At an odd edge the last row is paired with itself and the doubled results are not stored. */
function addTile(result: Matrix, { a, b, i, j, start, end }: Tile): void {
  const pair = i + 1 < a.rows;
  const double = j + 1 < b.rows;
  const x = a.data;
  const y = b.data;
  const x0 = i * a.cols;
  const x1 = pair ? x0 + a.cols : x0;
  const y0 = j * b.cols;
  const y1 = double ? y0 + b.cols : y0;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  for (let k = start; k < end; k++) {
    const p = x[x0 + k] as number;
    const q = x[x1 + k] as number;
    const u = y[y0 + k] as number;
    const v = y[y1 + k] as number;
    s00 += p * u;
    s01 += p * v;
    s10 += q * u;
    s11 += q * v;
  }
  const at = i * result.cols + j;
  add(result, at, s00);
  if (double) add(result, at + 1, s01);
  if (pair) add(result, at + result.cols, s10);
  if (pair && double) add(result, at + result.cols + 1, s11);
}

function add(result: Matrix, at: number, value: number): void {
  result.data[at] = (result.data[at] as number) + value;
}

/** Copies the upper triangle, which is complete, to the lower one. */
export function mirror({ rows, data }: Matrix): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) data[i * rows + j] = data[j * rows + i] as number;
  }
}
