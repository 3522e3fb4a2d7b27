import type { ConvLayer, Padding } from '../../../network.js';
import { only } from '../../only.js';
import { rowsOf } from '../layout.js';
import { multiplyRows } from '../products.js';
import type { Tape, Value } from '../tape.js';
import { gatherRows, inputsUnderWindow, outputsOverInput, sidesOf, tapsOf } from '../windows.js';
import { learn, multiply } from './kernel.js';
import type { Rule } from './rule.js';
import { tiled, tileSideOf } from './tiled.js';
import { windowed } from './windowed.js';

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
    const tileSide = tape.options.tiles ? tileSideOf(layer, input.shape) : undefined;
    if (tileSide !== undefined) return tiled(tape, layer, input, tileSide);
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
  const depth = input.shape.channels;
  const output = multiply(tape, layer, { columns: input.name, depth });
  const { biasless, readOnce } = tape.options;
  if (biasless.has(layer.name) && readOnce.has(layer.name))
    tape.products.set(output.name, { input, kernel: `${layer.name}/kernel` });
  return tape.record(output, (gradient) => {
    const { slope, kernel } = learn(tape, layer, { columns: input.name, depth, gradient });
    if (!tape.wantsGradient(input)) return;
    const slopes = rowsOf({ name: slope, shape: layer.output });
    const back = { name: kernel, columns: depth, transposed: true };
    tape.addGradient(input, { name: multiplyRows(tape, slopes, back) });
  });
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
