import type { ConvLayer, Padding } from '../../../network.js';
import { only } from '../../only.js';
import { columnSums } from '../columns.js';
import { multiplyRows } from '../products.js';
import type { Gradient, Tape, Value } from '../tape.js';
import { gatherRows, inputsUnderWindow, outputsOverInput, sidesOf, tapsOf } from '../windows.js';
import type { Rule } from './rule.js';

/** Images in a batch, for guessing which of two matrices is the smaller. */
const typicalImages = 16;

/**
 * Convolution as one matrix product: the points under the window, gathered into rows, times the kernel as it lies in
 * Keras' order, (height · width · in) × out.
 */
export const conv: Rule<ConvLayer> = {
  infer(net, { name, kernel, stride, padding, bias, output }, inputs) {
    const values = net.weight(`${name}/kernel`);
    const channels = values.length / (tapsOf({ kernel }) * output.channels);
    const shape = [output.channels, channels, ...kernel];
    const weights = net.graph.constant(`${name}/kernel`, shape, () =>
      outputsFirst(values, output.channels, channels),
    );
    const added = bias ? [net.vector(`${name}/bias`)] : [];
    return net.graph.node('Conv', [only(inputs), weights, ...added], {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: sidesOf(padding),
    });
  },

  train(tape, layer, inputs) {
    const input = only(inputs);
    const pointwise = tapsOf(layer) === 1 && sidesOf(layer.padding).every((side) => side === 0);
    if (!pointwise) return windowed(tape, layer, input);
    return product(tape, layer, layer.stride === 1 ? input : subsample(tape, layer, input));
  },
};

const noPadding: Padding = { top: 0, left: 0, bottom: 0, right: 0 };

/** Every stride-th point. Convolutions that read the same points share them, and their gradients on the way back. */
function subsample(tape: Tape, { stride, output: to }: ConvLayer, input: Value): Value {
  const { graph } = tape;
  const { channels } = input.shape;
  const shape = { ...to, channels };
  return tape.once(`${input.name}/${stride}`, () => {
    const sliding = {
      from: input.shape,
      to: shape,
      window: { kernel: [1, 1] as const, stride, padding: noPadding },
    };
    const rows = (matrix: string) => graph.node('Reshape', [matrix, graph.integers([-1, channels])]);
    const output = {
      name: rows(gatherRows(graph, input.name, { table: inputsUnderWindow(sliding), channels })),
      shape,
    };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      const spread = gatherRows(graph, tape.unscaled(gradient), {
        table: outputsOverInput(sliding),
        channels,
      });
      tape.addGradient(input, { name: rows(spread) });
    });
  });
}

/** 1 × 1 convolution: the activations themselves times the kernel. */
function product(tape: Tape, layer: ConvLayer, input: Value): Value {
  const { height, width, channels: depth } = input.shape;
  return tape.record(multiply(tape, layer, { columns: input.name, depth }), (gradient) => {
    const { slope, kernel } = learn(tape, layer, { columns: input.name, depth, gradient });
    if (!tape.wantsGradient(input)) return;
    const slopes = { name: slope, points: height * width, depth: layer.output.channels };
    const back = { name: kernel, columns: depth, transposed: true };
    tape.addGradient(input, { name: multiplyRows(tape.graph, slopes, back) });
  });
}

/** Any other convolution. The gradient of its input is a convolution too: of the slopes, with the kernel transposed. */
function windowed(tape: Tape, layer: ConvLayer, input: Value): Value {
  const { graph } = tape;
  const { channels } = input.shape;
  const taps = tapsOf(layer);
  const sliding = { from: input.shape, to: layer.output, window: layer };
  const depth = taps * channels;
  const gather = (round: number) => {
    const points = gatherRows(graph, input.name, { table: inputsUnderWindow(sliding), channels, round });
    return graph.node('Reshape', [points, graph.integers([-1, depth])]);
  };
  const columns = gather(0);
  return tape.record(multiply(tape, layer, { columns, depth }), (gradient) => {
    const kept = tape.options.rebuild ? gather(1) : columns;
    const { slope, kernel } = learn(tape, layer, { columns: kept, depth, gradient });
    if (!tape.wantsGradient(input)) return;
    const slopes = gatherRows(graph, slope, {
      table: outputsOverInput(sliding),
      channels: layer.output.channels,
    });
    const slopeDepth = taps * layer.output.channels;
    const rows = graph.node('Reshape', [slopes, graph.integers([-1, slopeDepth])]);
    const byTap = graph.node('Reshape', [kernel, graph.integers([taps, channels, layer.output.channels])]);
    const transposed = graph.node('Transpose', [byTap], { perm: [0, 2, 1] });
    const weights = graph.node('Reshape', [transposed, graph.integers([-1, channels])]);
    const points = input.shape.height * input.shape.width;
    const product = multiplyRows(
      graph,
      { name: rows, points, depth: slopeDepth },
      { name: weights, columns: channels },
    );
    tape.addGradient(input, { name: product });
  });
}

function multiply(tape: Tape, { name, output: shape }: ConvLayer, { columns, depth }: Columns): Value {
  const bias = tape.options.biasless.has(name) ? undefined : tape.weight(`${name}/bias`);
  const rows = { name: columns, points: shape.height * shape.width, depth };
  const kernel = { name: tape.weight(`${name}/kernel`), columns: shape.channels };
  return { name: multiplyRows(tape.graph, rows, kernel, bias), shape };
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
function learn(
  tape: Tape,
  layer: ConvLayer,
  { columns, depth, gradient }: Learning,
): { slope: string; kernel: string } {
  const { graph } = tape;
  const { name, output: shape } = layer;
  const kernel = tape.weight(`${name}/kernel`);
  const fewRows = shape.height * shape.width * typicalImages < depth;
  const { name: slope, columnScale } = fewRows ? { name: tape.unscaled(gradient) } : gradient;
  const scaled = (matrix: string) =>
    columnScale === undefined ? matrix : graph.node('Mul', [matrix, columnScale]);
  tape.weightGradients.set(`${name}/kernel`, scaled(graph.node('Gemm', [columns, slope], { transA: 1 })));
  if (!tape.options.biasless.has(name)) {
    tape.weightGradients.set(`${name}/bias`, columnSums(graph, { name: tape.unscaled(gradient), shape }));
  }
  return { slope, kernel: scaled(kernel) };
}

/** From height × width × in × out to out × in × height × width. */
function outputsFirst(kernel: Float32Array, outputs: number, inputs: number): Float32Array {
  const taps = kernel.length / (inputs * outputs);
  const turned = new Float32Array(kernel.length);
  kernel.forEach((value, at) => {
    const output = at % outputs;
    const input = Math.floor(at / outputs) % inputs;
    const tap = Math.floor(at / (outputs * inputs));
    turned[(output * inputs + input) * taps + tap] = value;
  });
  return turned;
}
