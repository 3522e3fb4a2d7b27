import type { Graph } from './graph.js';

/** Longest sum that the runtime takes in one block, however it shares out the columns. */
const oneBlock = 128;

/** A matrix of a row for each point of each image. */
export interface Rows {
  name: string;
  /** Rows of one image. */
  points: number;
  depth: number;
}

/** depth × columns, or its transpose. */
export interface Factor {
  name: string;
  columns: number;
  transposed?: boolean;
}

/**
 * Rows times a factor, plus a vector where one is given: images · points × columns.
 *
 * The same for any number of threads. Where a product has more columns than rows, the runtime shares out its columns,
 * and then cuts its sums into blocks that depend on how many columns each thread got, unless its left factor comes
 * transposed. (It would undo that, were its GemmTransposeFusion not switched off.)
 */
export function multiplyRows(graph: Graph, rows: Rows, factor: Factor, vector?: string): string {
  const added = vector === undefined ? [] : [vector];
  const transB = factor.transposed ? 1 : 0;
  if (rows.points >= factor.columns || rows.depth <= oneBlock) {
    return graph.node('Gemm', [rows.name, factor.name, ...added], { transB });
  }
  const transpose = (matrix: string) => graph.node('Transpose', [matrix], { perm: [1, 0] });
  const smallerTurned = !factor.transposed && factor.columns < rows.depth && vector === undefined;
  if (smallerTurned) {
    return transpose(graph.node('Gemm', [factor.name, rows.name], { transA: 1, transB: 1 }));
  }
  return graph.node('Gemm', [transpose(rows.name), factor.name, ...added], { transA: 1, transB });
}
