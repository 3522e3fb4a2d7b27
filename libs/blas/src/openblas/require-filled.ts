import type { Matrix } from '@palimpsest/numerics';

/** The library would read and write past the end of a matrix that does not fill its shape. @throws RangeError */
export function requireFilled(...matrices: readonly Matrix[]): void {
  for (const { rows, cols, data } of matrices) {
    if (data.length !== rows * cols)
      throw new RangeError(`matrix: expected ${rows} × ${cols} values, found ${data.length}`);
  }
}
