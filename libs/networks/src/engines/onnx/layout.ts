import type { Shape } from '../../network.js';
import type { Graph } from './graph.js';
import type { Rows } from './products.js';
import type { Value } from './tape.js';

/** A value as the rows of a product. */
export function rowsOf({ name, shape: { height, width, channels } }: Value): Rows {
  return { name, points: height * width, depth: channels };
}

/** A row for each point of each image as n × channels × height × width. */
export function channelsFirst(graph: Graph, { name, shape }: Value): string {
  const { height, width, channels } = shape;
  const images = graph.node('Reshape', [name, graph.integers([-1, height, width, channels])]);
  return graph.node('Transpose', [images], { perm: [0, 3, 1, 2] });
}

/** n × channels × height × width as a row for each point of each image. */
export function channelsLast(graph: Graph, images: string, { channels }: Shape): string {
  const last = graph.node('Transpose', [images], { perm: [0, 2, 3, 1] });
  return graph.node('Reshape', [last, graph.integers([-1, channels])]);
}
