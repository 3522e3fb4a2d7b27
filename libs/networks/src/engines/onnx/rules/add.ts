import type { PlainLayer } from '../../../network.js';
import type { Rule } from './rule.js';

export const add: Rule<PlainLayer<'add'>> = {
  infer: ({ graph }, _layer, inputs) => graph.node('Add', inputs),

  train(tape, { output: shape }, inputs) {
    const sum = tape.graph.node(
      'Add',
      inputs.map(({ name }) => name),
    );
    return tape.record({ name: sum, shape }, (gradient) => {
      for (const input of inputs) {
        if (tape.wantsGradient(input)) tape.addGradient(input, gradient);
      }
    });
  },
};
