import type { Matrix } from './matrix.js';

/** @throws RangeError when rows that are to be multiplied differ in length */
export function requireOneLength(a: number, b: number): void {
  if (a !== b) throw new RangeError(`product of rows: expected rows of one length, found ${a} and ${b}`);
}

/** @throws RangeError when the matrix is not square */
export function requireSquare(what: string, { rows, cols }: Matrix): void {
  if (rows !== cols) throw new RangeError(`${what}: expected a square, found ${rows} × ${cols}`);
}

/** The largest magnitude in a matrix, 0 of none. @throws RangeError when a value is not finite */
export function largestMagnitude(what: string, { data }: Matrix): number {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!Number.isFinite(largest)) throw new RangeError(`${what}: expected finite values, found others`);
  return largest;
}
