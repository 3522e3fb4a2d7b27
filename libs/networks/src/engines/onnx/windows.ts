import type { Shape } from '../../network.js';
import type { Graph } from './graph.js';

/** A square window that slides over an image. */
export interface Window {
  size: number;
  stride: number;
  padding: number;
}

/** Which rows of a matrix to copy, in which order; `missing` stands for a row of zeros. */
export interface RowTable {
  name: string;
  /** Of the order: two lengths whose product is the number of copies. */
  shape: readonly [number, number];
  indices: Int32Array;
  /** Rows of the matrix that is read, and the index of none of them. */
  missing: number;
}

interface Sliding {
  from: Shape;
  to: Shape;
  window: Window;
}

/** Points × taps: the input under each tap at each output point. Gathering by it is im2col. */
export function inputsUnderWindow(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const taps = sliding.window.size ** 2;
  return table('inputs', sliding, { shape: [pointsOf(to), taps], missing: pointsOf(from) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[output * taps + tap] = input)),
  );
}

/** Points × taps: the output that sees each input point under each tap. Gathering by it is im2col of a gradient. */
export function outputsOverInput(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const taps = sliding.window.size ** 2;
  return table('outputs', sliding, { shape: [pointsOf(from), taps], missing: pointsOf(to) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[input * taps + tap] = output)),
  );
}

/** Taps × points: as `inputsUnderWindow`, tap by tap. Reducing the first of the two is pooling. */
export function inputsByTap(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const outputs = pointsOf(to);
  const shape = [sliding.window.size ** 2, outputs] as const;
  return table('inputs_by_tap', sliding, { shape, missing: pointsOf(from) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[tap * outputs + output] = input)),
  );
}

/** Copies × points: where in what `inputsByTap` gathered each input point went. Summing over copies is col2im. */
export function copiesOfInput(sliding: Sliding): RowTable {
  const { from, to, window } = sliding;
  const inputs = pointsOf(from);
  const outputs = pointsOf(to);
  const shape = [Math.ceil(window.size / window.stride) ** 2, inputs] as const;
  const copies = new Int32Array(inputs);
  return table('copies', sliding, { shape, missing: window.size ** 2 * outputs }, (indices) =>
    forEachPair(sliding, (input, output, tap) => {
      const copy = copies[input] as number;
      indices[copy * inputs + input] = tap * outputs + output;
      copies[input] = copy + 1;
    }),
  );
}

/**
 * Copies rows of every image of a batch.
 *
 * @param matrix (n · table.missing) × channels
 * @param round another number makes the same copy a second time, where the runtime would keep the first
 * @returns n × the shape of the table × channels
 */
export function gatherRows(
  graph: Graph,
  matrix: string,
  { table: rows, channels, round = 0 }: { table: RowTable; channels: number; round?: number },
): string {
  let images = graph.node('Reshape', [matrix, graph.integers([-1, rows.missing, channels])]);
  if (rows.indices.includes(rows.missing)) {
    images = graph.node('Pad', [images, graph.integers([0, 0, 0, 0, 1, 0], `round_${round}`)]);
  }
  const indices = graph.constant(rows.name, rows.shape, () => rows.indices);
  return graph.node('Gather', [images, indices], { axis: 1 });
}

function table(
  kind: string,
  { from, to, window }: Sliding,
  { shape, missing }: Pick<RowTable, 'shape' | 'missing'>,
  write: (indices: Int32Array) => void,
): RowTable {
  const { size, stride, padding } = window;
  const geometry = [from.height, from.width, to.height, to.width, size, stride, padding];
  const indices = new Int32Array(shape[0] * shape[1]).fill(missing);
  write(indices);
  return { name: `${kind}_${geometry.join('_')}`, shape, indices, missing };
}

function pointsOf({ height, width }: Shape): number {
  return height * width;
}

/** Calls back for every input point that lies under a tap of the window at an output point. */
function forEachPair(
  { from, to, window: { size, stride, padding } }: Sliding,
  visit: (input: number, output: number, tap: number) => unknown,
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
