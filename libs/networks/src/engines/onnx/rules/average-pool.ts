import type { AveragePoolLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Graph } from '../graph.js';
import {
  geometryOf,
  inputsByTap,
  outputsByTap,
  pointsUnderWindow,
  sidesOf,
  sumOfRows,
  type RowTable,
  type Sliding,
} from '../windows.js';
import type { Rule } from './rule.js';

/** A sum over the points under the window, and a division by how many of them belong to the image. */
export const averagePool: Rule<AveragePoolLayer> = {
  infer: ({ graph }, { kernel, stride, padding }, inputs) =>
    graph.node('AveragePool', inputs, {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: sidesOf(padding),
      count_include_pad: 0,
    }),

  train(tape, layer, inputs) {
    const input = only(inputs);
    const { graph } = tape;
    const { output: shape } = layer;
    const { channels } = shape;
    const sliding = { from: input.shape, to: shape, window: layer };
    const sum = (matrix: string, table: RowTable) => sumOfRows(graph, matrix, { table, channels });
    const divide = (matrix: string) => divideByCounts(graph, matrix, { sliding, channels });
    const output = { name: divide(sum(input.name, inputsByTap(sliding))), shape };
    if (!tape.wantsGradient(input)) return output;
    return tape.record(output, (gradient) => {
      tape.addGradient(input, { name: sum(divide(tape.unscaled(gradient)), outputsByTap(sliding)) });
    });
  },
};

function divideByCounts(
  graph: Graph,
  matrix: string,
  { sliding, channels }: { sliding: Sliding; channels: number },
): string {
  const counts = pointsUnderWindow(sliding);
  const shares = graph.constant(`shares_${geometryOf(sliding)}`, [counts.length, 1], () =>
    counts.map((count) => 1 / count),
  );
  const images = graph.node('Reshape', [matrix, graph.integers([-1, counts.length, channels])]);
  const divided = graph.node('Mul', [images, shares]);
  return graph.node('Reshape', [divided, graph.integers([-1, channels])]);
}
