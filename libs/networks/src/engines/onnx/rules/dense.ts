import type { DenseLayer } from '../../../network.js';
import { only } from '../../only.js';
import { multiplyRows } from '../products.js';
import type { Rule } from './rule.js';

/** In training it puts out logits: the loss works on those. */
export const dense: Rule<DenseLayer> = {
  infer(net, { name, output, activation }, inputs) {
    const { graph } = net;
    const features = graph.node('Flatten', inputs);
    const kernel = net.weight(`${name}/kernel`);
    const shape = [kernel.length / output.channels, output.channels];
    const weights = graph.constant(`${name}/kernel`, shape, () => kernel);
    const logits = graph.node('Gemm', [features, weights, net.vector(`${name}/bias`)]);
    const probabilities =
      activation === 'sigmoid'
        ? graph.node('Sigmoid', [logits])
        : graph.node('Softmax', [logits], { axis: 1 });
    return graph.node('Unsqueeze', [probabilities, graph.integers([2, 3])]);
  },

  train(tape, { name, output: shape }, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const kernel = tape.weight(`${name}/kernel`);
    const rows = { name: input.name, points: 1, depth: input.shape.channels };
    const factor = { name: kernel, columns: shape.channels };
    const logits = multiplyRows(tape, rows, factor, tape.weight(`${name}/bias`));
    return tape.record({ name: logits, shape }, (gradient) => {
      const slope = tape.unscaled(gradient);
      tape.weightGradients.set(`${name}/kernel`, graph.node('Gemm', [input.name, slope], { transA: 1 }));
      tape.weightGradients.set(
        `${name}/bias`,
        graph.node('ReduceSum', [slope, graph.integers([0])], { keepdims: 0 }),
      );
      if (!tape.wantsGradient(input)) return;
      const slopes = { name: slope, points: 1, depth: shape.channels };
      const back = { name: kernel, columns: input.shape.channels, transposed: true };
      tape.addGradient(input, { name: multiplyRows(tape, slopes, back) });
    });
  },
};
