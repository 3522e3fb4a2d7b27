import type { ConvLayer, Shape } from '../../../network.js';
import type { Graph } from '../graph.js';
import { channelsFirst, channelsLast } from '../layout.js';
import { multiplyRows } from '../products.js';
import type { Tape, Value } from '../tape.js';
import { gatherRows, inputsUnderWindow, outputsOverInput, paddingBack, sidesOf, tapsOf } from '../windows.js';
import { learn, multiply } from './kernel.js';

/**
 * A convolution with a window of more than one point. The gradient of its input is a convolution too: of the slopes, with
 * the kernel turned. Each of the two is a product of gathered columns with the kernel, or the runtime's own operator,
 * which gathers a few columns at a time, where gathering would take long.
 */
export function windowed(tape: Tape, layer: ConvLayer, input: Value): Value {
  const depth = tapsOf(layer) * input.shape.channels;
  const gather = () => gatherColumns(tape.graph, layer, input);
  const ahead = isMostlyGathering(layer.output) ? undefined : gather();
  const output =
    ahead === undefined ? slide(tape, layer, input) : multiply(tape, layer, { columns: ahead, depth });
  return tape.record(output, (gradient) => {
    const columns = ahead === undefined || tape.options.rebuild ? gather() : ahead;
    const { slope, kernel } = learn(tape, layer, { columns, depth, gradient });
    if (!tape.wantsGradient(input)) return;
    const slides = layer.stride === 1 && isMostlyGathering(input.shape);
    const back = slides ? slideBack : multiplyBack;
    tape.addGradient(input, { name: back(tape, layer, { input, slope, kernel }) });
  });
}

/**
 * Few outputs for each gathered point, and an image large enough for the operator. It shares out the points of a batch of
 * one image among the threads, and takes sums in the same order only where each gets eighty.
 */
function isMostlyGathering({ height, width, channels }: Shape): boolean {
  return channels <= 128 && height * width >= 784;
}

/** Rows of the points under the window: n · outputs × taps · channels. */
function gatherColumns(graph: Graph, layer: ConvLayer, { name, shape }: Value): string {
  const { channels } = shape;
  const sliding = { from: shape, to: layer.output, window: layer };
  const points = gatherRows(graph, name, { table: inputsUnderWindow(sliding), channels });
  return graph.node('Reshape', [points, graph.integers([-1, tapsOf(layer) * channels])]);
}

/** The convolution by the runtime's operator, which wants channels first. */
function slide(tape: Tape, layer: ConvLayer, input: Value): Value {
  const { graph } = tape;
  const { name, kernel, stride, padding, output: shape } = layer;
  const weights = graph.node('Reshape', [
    tape.weight(`${name}/kernel`),
    graph.integers([...kernel, input.shape.channels, shape.channels]),
  ]);
  const outputsFirst = graph.node('Transpose', [weights], { perm: [3, 2, 0, 1] });
  const bias = tape.options.biasless.has(name) ? [] : [tape.weight(`${name}/bias`)];
  const result = graph.node('Conv', [channelsFirst(graph, input), outputsFirst, ...bias], {
    kernel_shape: kernel,
    strides: [stride, stride],
    pads: sidesOf(padding),
  });
  return { name: channelsLast(graph, result, shape), shape };
}

interface Back {
  input: Value;
  /** n · outputs × channels of the outputs. */
  slope: string;
  /** taps · channels of the input × channels of the outputs. */
  kernel: string;
}

/** The gradient of the input, for a stride of 1. */
function slideBack({ graph }: Tape, layer: ConvLayer, { input, slope, kernel }: Back): string {
  const { channels } = input.shape;
  const taps = tapsOf(layer);
  const byTap = graph.node('Reshape', [kernel, graph.integers([taps, channels, layer.output.channels])]);
  const backwards = graph.constant(`backwards_${taps}`, [taps], () =>
    Int32Array.from({ length: taps }, (_, i) => taps - 1 - i),
  );
  const turned = graph.node('Gather', [byTap, backwards], { axis: 0 });
  const outputsFirst = graph.node('Reshape', [
    graph.node('Transpose', [turned], { perm: [1, 2, 0] }),
    graph.integers([channels, layer.output.channels, ...layer.kernel]),
  ]);
  const slopes = channelsFirst(graph, { name: slope, shape: layer.output });
  const result = graph.node('Conv', [slopes, outputsFirst], {
    kernel_shape: layer.kernel,
    pads: sidesOf(paddingBack(layer)),
  });
  return channelsLast(graph, result, input.shape);
}

/** The gradient of the input: the slopes that each of its points meets, gathered, times the kernel. */
function multiplyBack(tape: Tape, layer: ConvLayer, { input, slope, kernel }: Back): string {
  const { graph } = tape;
  const { height, width, channels } = input.shape;
  const { channels: outputs } = layer.output;
  const taps = tapsOf(layer);
  const sliding = { from: input.shape, to: layer.output, window: layer };
  const slopes = gatherRows(graph, slope, { table: outputsOverInput(sliding), channels: outputs });
  const depth = taps * outputs;
  const name = graph.node('Reshape', [slopes, graph.integers([-1, depth])]);
  const byTap = graph.node('Reshape', [kernel, graph.integers([taps, channels, outputs])]);
  const transposed = graph.node('Transpose', [byTap], { perm: [0, 2, 1] });
  const weights = graph.node('Reshape', [transposed, graph.integers([-1, channels])]);
  return multiplyRows(tape, { name, points: height * width, depth }, { name: weights, columns: channels });
}
