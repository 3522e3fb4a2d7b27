/** A matrix of float64, row-major: entry (i, j) is `data[i * cols + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** Activations as they come: points × channels, row-major, one data point a row. */
export interface Activations {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array | Float64Array;
}

/** A matrix of zeros. */
export function zeros(rows: number, cols: number): Matrix {
  return { rows, cols, data: new Float64Array(rows * cols) };
}

/** The matrix with rows and columns exchanged. */
export function transpose(a: Activations): Matrix {
  const result = zeros(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) result.data[j * a.rows + i] = a.data[i * a.cols + j] as number;
  }
  return result;
}

/**
 * Channels × points, each channel minus its mean: the form in which every product is one of contiguous rows.
 *
 * @throws RangeError when the data do not fill the shape, there are fewer than two points or no channels,
 *   or a value is not finite
 */
export function centredChannels(x: Activations): Matrix {
  requireShape(x);
  const channels = transpose(x);
  for (let channel = 0; channel < x.cols; channel++) {
    const values = row(channels, channel);
    const mean = values.reduce((sum, value) => sum + value, 0) / x.rows;
    if (!Number.isFinite(mean)) {
      throw new RangeError(`activations: expected finite values, found others in channel ${channel}`);
    }
    values.forEach((value, point) => (values[point] = value - mean));
  }
  return channels;
}

/** Row i, a view: writing to it writes to the matrix. */
export function row(a: Matrix, i: number): Float64Array {
  return a.data.subarray(i * a.cols, (i + 1) * a.cols);
}

/** The rows with the given numbers, in that order. */
export function takeRows(a: Matrix, rows: readonly number[]): Matrix {
  const result = zeros(rows.length, a.cols);
  rows.forEach((from, to) => result.data.set(row(a, from), to * a.cols));
  return result;
}

function requireShape({ rows, cols, data }: Activations): void {
  if (data.length !== rows * cols) {
    throw new RangeError(`activations: expected ${rows} × ${cols} values, found ${data.length}`);
  }
  if (rows < 2 || cols < 1) {
    throw new RangeError(`activations: expected at least 2 points and 1 channel, found ${rows} × ${cols}`);
  }
}
