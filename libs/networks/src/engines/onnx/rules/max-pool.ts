import type { MaxPoolLayer } from '../../../network.js';
import { only } from '../../only.js';
import { typeCodes } from '../graph.js';
import { copiesOfInput, gatherRows, inputsByTap, sidesOf, sumOfRows, tapsOf } from '../windows.js';
import type { Rule } from './rule.js';

export const maxPool: Rule<MaxPoolLayer> = {
  // ONNX pads a maximum with −∞, Keras' networks with zeros.
  infer({ graph }, { kernel, stride, padding }, inputs) {
    const { top, left, bottom, right } = padding;
    const sides = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
    const bare = sidesOf(padding).every((side) => side === 0);
    const padded = bare ? only(inputs) : graph.node('Pad', [only(inputs), sides]);
    return graph.node('MaxPool', [padded], { kernel_shape: kernel, strides: [stride, stride] });
  },

  /** Values that share the maximum share its gradient evenly; Keras gives it to the first of them. */
  train(tape, layer, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const { output: shape } = layer;
    const { channels } = shape;
    const points = shape.height * shape.width;
    const sliding = { from: input.shape, to: shape, window: layer };
    const gathered = gatherRows(graph, input.name, { table: inputsByTap(sliding), channels });
    const byTap = graph.integers([-1, tapsOf(layer), points * channels]);
    const candidates = graph.node('Reshape', [gathered, byTap]);
    const taps = graph.integers([1]);
    const rows = graph.integers([-1, channels]);
    const largest = graph.node('ReduceMax', [candidates, taps], { keepdims: 1 });
    const output = { name: graph.node('Reshape', [largest, rows]), shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      const wins = graph.node('Cast', [graph.node('Equal', [candidates, largest])], {
        to: typeCodes.float32,
      });
      const winners = graph.node('ReduceSum', [wins, taps], { keepdims: 1 });
      const slope = graph.node('Reshape', [
        tape.unscaled(gradient),
        graph.integers([-1, 1, points * channels]),
      ]);
      const shares = graph.node('Mul', [wins, graph.node('Div', [slope, winners])]);
      tape.addGradient(input, {
        name: sumOfRows(graph, shares, { table: copiesOfInput(sliding), channels }),
      });
    });
  },
};
