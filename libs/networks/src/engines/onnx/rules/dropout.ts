import type { DropoutLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Rule } from './rule.js';

/** The mask is an input of the graph, `mask/<layer>`: 0 where a value is dropped, 1 / (1 − rate) elsewhere. */
export const dropout: Rule<DropoutLayer> = {
  infer: (_net, _layer, inputs) => only(inputs),

  train(tape, { name, output: shape }, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const mask = graph.input(`mask/${name}`, ['n', shape.channels]);
    const output = { name: graph.node('Mul', [input.name, mask]), shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      tape.addGradient(input, { name: graph.node('Mul', [tape.unscaled(gradient), mask]) });
    });
  },
};
