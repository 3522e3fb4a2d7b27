import type { Graph } from './graph.js';
import type { Tape } from './tape.js';

/** Images in a batch, for guessing which of two ways costs less. */
export const typicalImages = 16;

/** Longest sum that the runtime takes in one block, however it shares out the columns. */
const oneBlock = 128;

/** Columns of a thread from which on it takes sums in blocks of that length. They are dealt out sixteen at a time. */
const fewestColumns = 80;

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
 * Rows times a factor, plus a vector, or a matrix, where one is given: images · points × columns.
 *
 * The same for any number of threads: see `isCutAlike`.
 */
export function multiplyRows(tape: Tape, rows: Rows, factor: Factor, addend?: string): string {
  const { graph } = tape;
  const added = addend === undefined ? [] : [addend];
  const transB = factor.transposed ? 1 : 0;
  if (rows.points >= factor.columns || rows.depth <= oneBlock || isCutAlike(tape, factor.columns))
    return graph.node('Gemm', [rows.name, factor.name, ...added], { transB });
  const smallerTurned = !factor.transposed && factor.columns < rows.depth && addend === undefined;
  if (smallerTurned) {
    return transpose(graph, graph.node('Gemm', [factor.name, rows.name], { transA: 1, transB: 1 }));
  }
  return graph.node('Gemm', [transpose(graph, rows.name), factor.name, ...added], { transA: 1, transB });
}

/**
 * Whether the runtime cuts the sums of a product with so many columns into the same blocks for any number of threads up to
 * that of the tape. It may share out the columns, and cuts otherwise where a thread gets few of them, unless the left
 * factor comes transposed. (It would undo that, were its GemmTransposeFusion not switched off.)
 */
function isCutAlike({ options }: Tape, columns: number): boolean {
  return columns >= fewestColumns * options.threads;
}

function transpose(graph: Graph, matrix: string): string {
  return graph.node('Transpose', [matrix], { perm: [1, 0] });
}
