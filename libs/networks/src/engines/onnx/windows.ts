import type { Shape } from '../../network.js';
import type { Graph } from './graph.js';

/** A square window that slides over an image. */
export interface Window {
  size: number;
  stride: number;
  padding: number;
}

/** For each row that is made, the rows that it is made of; `missing` stands for a row of zeros. */
export interface RowTable {
  name: string;
  indices: Int32Array;
  rows: number;
  taps: number;
  /** Rows of the matrix that is read, and the index of none of them. */
  missing: number;
}

interface Sliding {
  from: Shape;
  to: Shape;
  window: Window;
}

/** For each output point the input point under each tap: gathering by it is im2col. */
export function inputsUnderWindow({ from, to, window }: Sliding): RowTable {
  const missing = from.height * from.width;
  const table = emptyTable('inputs', { from, to, window }, { rows: to.height * to.width, missing });
  forEachPair({ from, to, window }, (input, output, tap) => {
    table.indices[output * table.taps + tap] = input;
  });
  return table;
}

/** For each input point the output point that sees it under each tap: gathering by it is im2col of a gradient. */
export function outputsOverInput({ from, to, window }: Sliding): RowTable {
  const missing = to.height * to.width;
  const table = emptyTable('outputs', { from, to, window }, { rows: from.height * from.width, missing });
  forEachPair({ from, to, window }, (input, output, tap) => {
    table.indices[input * table.taps + tap] = output;
  });
  return table;
}

/** For each input point the rows output · taps + tap in which it was copied: gathering by it and summing is col2im. */
export function copiesOfInput({ from, to, window }: Sliding): RowTable {
  const windowTaps = window.size ** 2;
  const copies = Math.ceil(window.size / window.stride) ** 2;
  const missing = to.height * to.width * windowTaps;
  const rows = from.height * from.width;
  const table = emptyTable('copies', { from, to, window }, { rows, missing, taps: copies });
  const filled = new Int32Array(rows);
  forEachPair({ from, to, window }, (input, output, tap) => {
    const at = filled[input] as number;
    table.indices[input * copies + at] = output * windowTaps + tap;
    filled[input] = at + 1;
  });
  return table;
}

/**
 * Copies rows of every image of a batch.
 *
 * @param matrix (n · table.missing) × channels
 * @param round another number makes the same copy a second time, where the runtime would keep the first
 * @returns n × table.rows × table.taps × channels
 */
export function gatherRows(
  graph: Graph,
  matrix: string,
  { table, channels, round = 0 }: { table: RowTable; channels: number; round?: number },
): string {
  let images = graph.node('Reshape', [matrix, graph.integers([-1, table.missing, channels])]);
  if (table.indices.includes(table.missing)) {
    images = graph.node('Pad', [images, graph.integers([0, 0, 0, 0, 1, 0], `round_${round}`)]);
  }
  const indices = graph.constant(table.name, [table.rows, table.taps], () => table.indices);
  return graph.node('Gather', [images, indices], { axis: 1 });
}

function emptyTable(
  kind: string,
  { from, to, window }: Sliding,
  { rows, missing, taps = window.size ** 2 }: { rows: number; missing: number; taps?: number },
): RowTable {
  const { size, stride, padding } = window;
  const sizes = [from.height, from.width, to.height, to.width, size, stride, padding];
  const indices = new Int32Array(rows * taps).fill(missing);
  return { name: `${kind}_${sizes.join('_')}`, indices, rows, taps, missing };
}

/** Calls back for every input point that lies under a tap of the window at an output point. */
function forEachPair(
  { from, to, window: { size, stride, padding } }: Sliding,
  visit: (input: number, output: number, tap: number) => void,
): void {
  for (let output = 0; output < to.height * to.width; output++) {
    const top = Math.floor(output / to.width) * stride - padding;
    const left = (output % to.width) * stride - padding;
    for (let tap = 0; tap < size ** 2; tap++) {
      const y = top + Math.floor(tap / size);
      const x = left + (tap % size);
      const inside = y >= 0 && x >= 0 && y < from.height && x < from.width;
      if (inside) visit(y * from.width + x, output, tap);
    }
  }
}
