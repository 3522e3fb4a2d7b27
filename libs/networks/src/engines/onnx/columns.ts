import { imageOnes } from './batch-rows.js';
import type { Graph } from './graph.js';
import type { Tape, Value } from './tape.js';

/** Rows narrower than this are joined before an operation by a vector: the runtime pays for every row. */
const wideEnough = 512;
/** Fewest rows of an image that are summed one by one. */
const manyRows = 7;

/**
 * Sums of the columns of a matrix: a vector, one value a channel.
 *
 * Summed over images, then over the rows of one, then along a row: short sums lose less. A product with a row of ones is a
 * sum that the runtime takes faster than a reduction, and alike for any number of threads.
 */
export function columnSums(tape: Tape, { name, shape: { height, width, channels } }: Value): string {
  const { graph } = tape;
  const sum = (values: string, ones: string, length: number) =>
    graph.node('Gemm', [ones, graph.node('Reshape', [values, graph.integers([-1, length])])]);
  const ones = (count: number) =>
    graph.constant(`row_of_ones_${count}`, [1, count], () => new Float32Array(count).fill(1));
  const image = sum(name, imageOnes(tape), height * width * channels);
  const byRow = height >= manyRows;
  const rows = byRow ? sum(image, ones(height), width * channels) : image;
  const sums = sum(rows, ones(byRow ? width : height * width), channels);
  return graph.node('Reshape', [sums, graph.integers([channels])]);
}

/** A matrix seen with several of its rows joined into one, for element-wise work with vectors of one value a channel. */
export class WideRows {
  readonly #joined: number;

  constructor(
    private readonly graph: Graph,
    private readonly channels: number,
    points: number,
  ) {
    const fits = (joined: number) => points % joined === 0 && joined * channels <= wideEnough;
    this.#joined = Math.max(1, ...Array.from({ length: points }, (_, i) => i + 1).filter(fits));
  }

  widen(matrix: string): string {
    if (this.#joined === 1) return matrix;
    return this.graph.node('Reshape', [matrix, this.graph.integers([-1, this.#joined * this.channels])]);
  }

  narrow(matrix: string): string {
    if (this.#joined === 1) return matrix;
    return this.graph.node('Reshape', [matrix, this.graph.integers([-1, this.channels])]);
  }

  /** The vector, once for each joined row. */
  repeat(vector: string): string {
    if (this.#joined === 1) return vector;
    return this.graph.node('Concat', Array<string>(this.#joined).fill(vector), { axis: 0 });
  }
}
