import type { AddLayer } from '../../../network.js';
import type { Graph } from '../graph.js';
import type { Value } from '../tape.js';
import type { Rule } from './rule.js';

/** Sum of the first input and the second times a constant. */
export const add: Rule<AddLayer> = {
  infer: ({ graph }, { scale }, inputs) => graph.node('Add', scaleSecond(graph, inputs, scale)),

  train(tape, { output: shape, scale }, inputs) {
    const { graph } = tape;
    const [first, second] = inputs as [Value, Value];
    const sum = graph.node('Add', scaleSecond(graph, [first.name, second.name], scale));
    return tape.record({ name: sum, shape }, (gradient) => {
      if (tape.wantsGradient(first)) tape.addGradient(first, gradient);
      if (tape.wantsGradient(second)) {
        tape.addGradient(second, { ...gradient, name: scaled(graph, gradient.name, scale) });
      }
    });
  },
};

function scaleSecond(graph: Graph, inputs: readonly string[], scale: number): string[] {
  return inputs.map((input, i) => (i === 1 ? scaled(graph, input, scale) : input));
}

function scaled(graph: Graph, value: string, scale: number): string {
  return scale === 1 ? value : graph.node('Mul', [value, graph.scalar(scale)]);
}
