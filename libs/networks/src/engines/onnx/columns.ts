import type { Value } from './tape.js';
import type { Graph } from './graph.js';

/** Rows narrower than this are joined before an operation by a vector: the runtime pays for every row. */
const wideEnough = 512;
/** Fewest rows of an image that are summed one by one. */
const manyRows = 7;

/**
 * Sums of the columns of a matrix: a vector, one value a channel.
 *
 * Summed along the rows of images, then over images, then over rows: short sums lose less. Sums over the first axis are
 * the same for any number of threads, those along rows where a batch has more rows than there are threads: small images
 * are summed without.
 */
export function columnSums(graph: Graph, { name, shape: { height, width, channels } }: Value): string {
  const sum = (matrix: string, shape: readonly number[], axis: number) => {
    const seen = graph.node('Reshape', [matrix, graph.integers(shape)]);
    return graph.node('ReduceSum', [seen, graph.integers([axis])], { keepdims: 0 });
  };
  const byRow = height >= manyRows;
  const rows = byRow ? sum(name, [-1, width, channels], 1) : name;
  const points = byRow ? height : height * width;
  return sum(sum(rows, [-1, points * channels], 0), [points, channels], 0);
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
