import type { PlainLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Rule } from './rule.js';

export const globalAveragePool: Rule<PlainLayer<'global-average-pool'>> = {
  infer: ({ graph }, _layer, inputs) => graph.node('GlobalAveragePool', inputs),

  train(tape, { name, output: shape }, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const points = input.shape.height * input.shape.width;
    const images = graph.node('Reshape', [input.name, graph.integers([-1, points, shape.channels])]);
    // Point by point: a reduction's result depends on the number of threads where it is more than that of images.
    const pieces = Array.from({ length: points }, (_, i) => ({ name: `${name}/point_${i}`, length: 1 }));
    graph.split(images, pieces, 1);
    const sum = graph.node(
      'Sum',
      pieces.map((piece) => piece.name),
    );
    const mean = graph.node('Mul', [sum, graph.scalar(1 / points)]);
    const rows = graph.node('Reshape', [mean, graph.integers([-1, shape.channels])]);
    const output = { name: rows, shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      const share = graph.node('Mul', [tape.unscaled(gradient), graph.scalar(1 / points)]);
      const one = graph.node('Unsqueeze', [share, graph.integers([1])]);
      const all = graph.node('Expand', [one, graph.integers([1, points, 1])]);
      tape.addGradient(input, { name: graph.node('Reshape', [all, graph.integers([-1, shape.channels])]) });
    });
  },
};
