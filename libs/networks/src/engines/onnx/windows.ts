import type { Padding, Shape, Window } from '../../network.js';
import type { Graph } from './graph.js';

/** Which rows of a matrix to copy, in which order; `missing` stands for a row of zeros. */
export interface RowTable {
  name: string;
  /** Of the order: two lengths whose product is the number of copies. */
  shape: readonly [number, number];
  indices: Int32Array;
  /** Rows of the matrix that is read, and the index of none of them. */
  missing: number;
}

/** A window that slides from an image to what it puts out. */
export interface Sliding {
  from: Shape;
  to: Shape;
  window: Window;
}

/** Points × taps: the input under each tap at each output point. Gathering by it is im2col. */
export function inputsUnderWindow(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const taps = tapsOf(sliding.window);
  return table('inputs', sliding, { shape: [pointsOf(to), taps], missing: pointsOf(from) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[output * taps + tap] = input)),
  );
}

/** Points × taps: the output that sees each input point under each tap. Gathering by it is im2col of a gradient. */
export function outputsOverInput(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const taps = tapsOf(sliding.window);
  return table('outputs', sliding, { shape: [pointsOf(from), taps], missing: pointsOf(to) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[input * taps + tap] = output)),
  );
}

/** Taps × points: as `inputsUnderWindow`, tap by tap. Reducing the first of the two is pooling. */
export function inputsByTap(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const outputs = pointsOf(to);
  const shape = [tapsOf(sliding.window), outputs] as const;
  return table('inputs_by_tap', sliding, { shape, missing: pointsOf(from) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[tap * outputs + output] = input)),
  );
}

/** Taps × points: as `outputsOverInput`, tap by tap. Summing over the first of the two is the way back through a sum. */
export function outputsByTap(sliding: Sliding): RowTable {
  const { from, to } = sliding;
  const inputs = pointsOf(from);
  const shape = [tapsOf(sliding.window), inputs] as const;
  return table('outputs_by_tap', sliding, { shape, missing: pointsOf(to) }, (indices) =>
    forEachPair(sliding, (input, output, tap) => (indices[tap * inputs + input] = output)),
  );
}

/** How many points of the image lie under the window at each output point. */
export function pointsUnderWindow(sliding: Sliding): Float32Array {
  const counts = new Float32Array(pointsOf(sliding.to));
  forEachPair(sliding, (_input, output) => (counts[output] = (counts[output] as number) + 1));
  return counts;
}

/** Copies × points: where in what `inputsByTap` gathered each input point went. Summing over copies is col2im. */
export function copiesOfInput(sliding: Sliding): RowTable {
  const { from, to, window } = sliding;
  const inputs = pointsOf(from);
  const outputs = pointsOf(to);
  const copiesAlong = (length: number) => Math.ceil(length / window.stride);
  const [rows, columns] = window.kernel;
  const shape = [copiesAlong(rows) * copiesAlong(columns), inputs] as const;
  const copies = new Int32Array(inputs);
  return table('copies', sliding, { shape, missing: tapsOf(window) * outputs }, (indices) =>
    forEachPair(sliding, (input, output, tap) => {
      const copy = copies[input] as number;
      indices[copy * inputs + input] = tap * outputs + output;
      copies[input] = copy + 1;
    }),
  );
}

interface Gathering {
  table: RowTable;
  channels: number;
}

/**
 * Copies rows of every image of a batch.
 *
 * @param matrix (n · table.missing) × channels
 * @returns n × the shape of the table × channels
 */
export function gatherRows(graph: Graph, matrix: string, { table, channels }: Gathering): string {
  const indices = graph.constant(table.name, table.shape, () => table.indices);
  return graph.node('Gather', [withMissing(graph, matrix, { table, channels }), indices], { axis: 1 });
}

/**
 * The same, summed over the first axis of the table: (n · its second length) × channels.
 *
 * Copy by copy: it takes less memory, and a reduction's result depends on the number of threads where it is more than that
 * of images.
 */
export function sumOfRows(graph: Graph, matrix: string, { table, channels }: Gathering): string {
  const [copies, length] = table.shape;
  const images = withMissing(graph, matrix, { table, channels });
  const gather = (copy: number) => {
    const indices = () => table.indices.slice(copy * length, (copy + 1) * length);
    const rows = graph.constant(`${table.name}_${copy}`, [length], indices);
    return graph.node('Gather', [images, rows], { axis: 1 });
  };
  let sum = gather(0);
  for (let copy = 1; copy < copies; copy++) sum = graph.node('Add', [sum, gather(copy)]);
  return graph.node('Reshape', [sum, graph.integers([-1, channels])]);
}

/** n × rows × channels, with a row of zeros at the end where the table asks for one. */
function withMissing(graph: Graph, matrix: string, { table, channels }: Gathering): string {
  const images = graph.node('Reshape', [matrix, graph.integers([-1, table.missing, channels])]);
  return table.indices.includes(table.missing) ? addZeros(graph, images) : images;
}

/** A row of zeros at the end of each image. @param images n × rows × channels */
export function addZeros(graph: Graph, images: string): string {
  return graph.node('Pad', [images, graph.integers([0, 0, 0, 0, 1, 0])]);
}

/** Names a geometry: constants of the same name are the same. */
export function geometryOf({ from, to, window: { kernel, stride, padding } }: Sliding): string {
  const { top, left } = padding;
  return [from.height, from.width, to.height, to.width, ...kernel, stride, top, left].join('_');
}

/** Rows and columns on each side, in the order of ONNX. */
export function sidesOf({ top, left, bottom, right }: Padding): number[] {
  return [top, left, bottom, right];
}

function table(
  kind: string,
  sliding: Sliding,
  { shape, missing }: Pick<RowTable, 'shape' | 'missing'>,
  write: (indices: Int32Array) => void,
): RowTable {
  const indices = new Int32Array(shape[0] * shape[1]).fill(missing);
  write(indices);
  return { name: `${kind}_${geometryOf(sliding)}`, shape, indices, missing };
}

/** Zeros around the slopes of a window that moves by 1, so that each input point meets every output that saw it. */
export function paddingBack({ kernel: [height, width], padding }: Window): Padding {
  return {
    top: height - 1 - padding.top,
    left: width - 1 - padding.left,
    bottom: height - 1 - padding.bottom,
    right: width - 1 - padding.right,
  };
}

/** Points under a window. */
export function tapsOf({ kernel: [height, width] }: Pick<Window, 'kernel'>): number {
  return height * width;
}

export function pointsOf({ height, width }: Shape): number {
  return height * width;
}

/** Calls back for every input point that lies under a tap of the window at an output point. */
export function forEachPair(
  { from, to, window: { kernel, stride, padding } }: Sliding,
  visit: (input: number, output: number, tap: number) => unknown,
): void {
  const [rows, columns] = kernel;
  for (let output = 0; output < to.height * to.width; output++) {
    const top = Math.floor(output / to.width) * stride - padding.top;
    const left = (output % to.width) * stride - padding.left;
    for (let tap = 0; tap < rows * columns; tap++) {
      const y = top + Math.floor(tap / columns);
      const x = left + (tap % columns);
      const inside = y >= 0 && x >= 0 && y < from.height && x < from.width;
      if (inside) visit(y * from.width + x, output, tap);
    }
  }
}
