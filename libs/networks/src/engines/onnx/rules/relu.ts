import type { PlainLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Rule } from './rule.js';

/** So steep that a hard sigmoid is 0 at 0 and 1 at every positive number: the derivative of relu, in one pass. */
const steep = { alpha: { float: 1e38 }, beta: { float: 0 } };

export const relu: Rule<PlainLayer<'relu'>> = {
  infer: ({ graph }, _layer, inputs) => graph.node('Relu', inputs),

  train(tape, { output: shape }, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const output = { name: graph.node('Relu', [input.name]), shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      const positive = graph.node('HardSigmoid', [output.name], steep);
      tape.addGradient(input, { name: graph.node('Mul', [tape.unscaled(gradient), positive]) });
    });
  },
};
