import { typeCodes, type Graph } from './graph.js';
import type { Tape, Value } from './tape.js';
import { addZeros, pointsOf, type RowTable } from './windows.js';

/** Rows of every image of a batch, each image with a row of zeros at its end: (n · (points + 1)) × channels. */
export function withZeros(graph: Graph, { name, shape }: Value): string {
  const images = graph.node('Reshape', [name, graph.integers([-1, pointsOf(shape), shape.channels])]);
  return graph.node('Reshape', [addZeros(graph, images), graph.integers([-1, shape.channels])]);
}

/**
 * Copies rows tap by tap, all images together.
 *
 * @param rows as `withZeros` gives them
 * @param table taps × places, of one image
 * @returns (taps · n · places) × channels
 */
export function gatherByTap(tape: Tape, rows: string, table: RowTable): string {
  const { graph } = tape;
  const indices = tape.once(`batch/${table.name}`, () => {
    const [taps, places] = table.shape;
    const ofImage = graph.constant(`${table.name}_apart`, [taps, 1, places], () => table.indices);
    const each = graph.node('Add', [ofImage, firstRows(tape, table.missing + 1)]);
    return graph.node('Reshape', [each, graph.integers([-1])]);
  });
  return graph.node('Gather', [rows, indices], { axis: 0 });
}

/**
 * The same way back: rows of images out of rows tap by tap.
 *
 * @param rows (taps · n · places) × channels
 * @param table of length points: where among taps × places of one image each point lies
 * @returns (n · points) × channels
 */
export function gatherPoints(tape: Tape, rows: string, table: RowTable, places: number): string {
  const { graph } = tape;
  const indices = tape.once(`batch/${table.name}`, () => {
    const { indices: where } = table;
    const part = (name: string, of: (index: number) => number) =>
      graph.constant(`${table.name}_${name}`, [where.length], () => where.map(of));
    const taps = graph.node('Mul', [part('tap', (index) => index - (index % places)), imageCount(tape)]);
    const ofImage = graph.node('Add', [taps, part('place', (index) => index % places)]);
    const each = graph.node('Add', [ofImage, firstRows(tape, places)]);
    return graph.node('Reshape', [each, graph.integers([-1])]);
  });
  return graph.node('Gather', [rows, indices], { axis: 0 });
}

/** The first row of each image, where each has so many: n × 1. */
function firstRows(tape: Tape, rows: number): string {
  const { graph } = tape;
  return tape.once(`first rows/${rows}`, () => {
    const [zero, one] = [0, 1].map((value) => graph.constant(`int_${value}`, [], () => Int32Array.of(value)));
    const images = graph.node('Range', [zero as string, imageCount(tape), one as string]);
    const scale = graph.constant(`rows_${rows}`, [1], () => Int32Array.of(rows));
    return graph.node('Reshape', [graph.node('Mul', [images, scale]), graph.integers([-1, 1])]);
  });
}

/** The number of images of a batch, an int32. */
function imageCount(tape: Tape): string {
  const { graph } = tape;
  return tape.once('image count', () => {
    const count = graph.node('Shape', ['images'], { start: 0, end: 1 });
    return graph.node('Cast', [graph.node('Squeeze', [count])], { to: typeCodes.int32 });
  });
}
