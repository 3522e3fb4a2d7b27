import type { PlainLayer } from '../../../network.js';
import type { Rule } from './rule.js';

/** Channels of several inputs, one after the other: columns of matrices that have their rows in common. */
export const concat: Rule<PlainLayer<'concat'>> = {
  infer: ({ graph }, _layer, inputs) => graph.node('Concat', inputs, { axis: 1 }),

  train(tape, { name, output: shape }, inputs) {
    const { graph } = tape;
    const names = inputs.map((input) => input.name);
    const output = { name: graph.node('Concat', names, { axis: 1 }), shape };
    if (!inputs.some((input) => tape.wantsGradient(input))) return output;
    return tape.record(output, (gradient) => {
      const slopes = inputs.map((input, i) => ({
        input,
        name: `slope/${name}/${i}`,
        length: input.shape.channels,
      }));
      graph.split(tape.unscaled(gradient), slopes, 1);
      for (const slope of slopes) {
        if (tape.wantsGradient(slope.input)) tape.addGradient(slope.input, { name: slope.name });
      }
    });
  },
};
