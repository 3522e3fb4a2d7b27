import type { Value } from './tape.js';
import type { Graph } from './graph.js';

/** Rows narrower than this are joined before an operation by a vector: the runtime pays for every row. */
const wideEnough = 512;
/** Longest sum of single precision numbers that is taken in one go. */
const longestSum = 256;

/**
 * Sums of the columns of a matrix: a vector, one value a channel.
 *
 * Summed row by row of an image, then by image, then over images: short sums lose less, and the result does not
 * depend on the number of threads.
 */
export function columnSums(graph: Graph, { name, shape }: Value): string {
  const { height, width, channels } = shape;
  const levels = height * width > longestSum ? [width, height] : [height * width];
  let sums = name;
  for (const length of levels.filter((level) => level > 1)) {
    const grouped = graph.node('Reshape', [sums, graph.integers([-1, length, channels])]);
    sums = graph.node('ReduceSum', [grouped, graph.integers([1])], { keepdims: 0 });
  }
  return graph.node('ReduceSum', [sums, graph.integers([0])], { keepdims: 0 });
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
