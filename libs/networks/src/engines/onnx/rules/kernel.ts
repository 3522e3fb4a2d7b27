import type { ConvLayer, Shape } from '../../../network.js';
import { columnSums } from '../columns.js';
import { multiplyRows, typicalImages } from '../products.js';
import type { Gradient, Tape, Value } from '../tape.js';
import { pointsOf } from '../windows.js';

/** The columns times the kernel of a layer. */
export function multiply(tape: Tape, { name, output: shape }: ConvLayer, { columns, depth }: Columns): Value {
  const bias = tape.options.biasless.has(name) ? undefined : tape.weight(`${name}/bias`);
  const rows = { name: columns, points: pointsOf(shape), depth };
  const kernel = { name: tape.weight(`${name}/kernel`), columns: shape.channels };
  return { name: multiplyRows(tape, rows, kernel, bias), shape };
}

/** What a kernel is multiplied by: rows × depth. */
interface Columns {
  columns: string;
  depth: number;
}

interface Learning extends Columns {
  gradient: Gradient;
}

/**
 * Makes the gradients of kernel and bias. A column scale goes into the smaller of slopes and kernel.
 *
 * @returns the slopes and the kernel whose product is the gradient of the columns
 */
export function learn(
  tape: Tape,
  layer: ConvLayer,
  { columns, depth, gradient }: Learning,
): { slope: string; kernel: string } {
  const { graph } = tape;
  const { name, output: shape } = layer;
  const { slope, scaled } = factorOut(tape, gradient, { shape, depth });
  tape.weightGradients.set(`${name}/kernel`, scaled(graph.node('Gemm', [columns, slope], { transA: 1 })));
  learnBias(tape, layer, gradient);
  return { slope, kernel: scaled(tape.weight(`${name}/kernel`)) };
}

/**
 * Slopes, and what else is to be multiplied by their column scale: nothing where they have fewer rows than a factor of
 * that depth.
 */
export function factorOut(
  tape: Tape,
  gradient: Gradient,
  { shape, depth }: { shape: Shape; depth: number },
): { slope: string; scaled: (factor: string) => string } {
  const fewRows = pointsOf(shape) * typicalImages < depth;
  const { name: slope, columnScale } = fewRows ? { name: tape.unscaled(gradient) } : gradient;
  const scaled = (factor: string) =>
    columnScale === undefined ? factor : tape.graph.node('Mul', [factor, columnScale]);
  return { slope, scaled };
}

/** Makes the gradient of the bias, where there is one. */
export function learnBias(tape: Tape, { name, output: shape }: ConvLayer, gradient: Gradient): void {
  if (tape.options.biasless.has(name)) return;
  const sums = columnSums(tape.graph, { name: tape.unscaled(gradient), shape });
  tape.weightGradients.set(`${name}/bias`, sums);
}
