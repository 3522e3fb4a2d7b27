import type { MaxPoolLayer } from '../../../network.js';
import { copiesOfInput, gatherRows, inputsUnderWindow } from '../windows.js';
import { only, type Rule } from './rule.js';

export const maxPool: Rule<MaxPoolLayer> = {
  // ONNX pads a maximum with −∞, Keras' networks with zeros.
  infer({ graph }, { size, stride, padding }, inputs) {
    const sides = graph.integers([0, 0, padding, padding, 0, 0, padding, padding]);
    const padded = padding === 0 ? only(inputs) : graph.node('Pad', [only(inputs), sides]);
    return graph.node('MaxPool', [padded], { kernel_shape: [size, size], strides: [stride, stride] });
  },

  /** Values that share the maximum share its gradient evenly; Keras gives it to the first of them. */
  train(tape, layer, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const { output: shape } = layer;
    const sliding = { from: input.shape, to: shape, window: layer };
    const candidates = gatherRows(graph, input.name, {
      table: inputsUnderWindow(sliding),
      channels: shape.channels,
    });
    const largest = graph.node('ReduceMax', [candidates, graph.integers([2])], { keepdims: 1 });
    const output = { name: graph.node('Reshape', [largest, graph.integers([-1, shape.channels])]), shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      const float = 1;
      const wins = graph.node('Cast', [graph.node('Equal', [candidates, largest])], { to: float });
      const winners = graph.node('ReduceSum', [wins, graph.integers([2])], { keepdims: 1 });
      const points = graph.integers([-1, shape.height * shape.width, 1, shape.channels]);
      const slope = graph.node('Reshape', [tape.unscaled(gradient), points]);
      const shares = graph.node('Mul', [wins, graph.node('Div', [slope, winners])]);
      const copies = gatherRows(graph, shares, { table: copiesOfInput(sliding), channels: shape.channels });
      const sum = graph.node('ReduceSum', [copies, graph.integers([2])], { keepdims: 0 });
      tape.addGradient(input, { name: graph.node('Reshape', [sum, graph.integers([-1, shape.channels])]) });
    });
  },
};
