import type { Layer, Network, Shape, Weights } from '../../network.js';
import type { Graph } from './graph.js';
import { inferLayer } from './rules/rules.js';

/** A network with constant weights as part of a graph; the runtime folds its batch norms into its convolutions. */
export class InferenceGraph {
  readonly #values = new Map<string, { value: string; shape: Shape }>();

  constructor(
    readonly graph: Graph,
    private readonly weights: Weights,
  ) {}

  /** @param images name of the input, n × height × width × 3 */
  begin(images: string, shape: Shape): void {
    this.#values.set('images', {
      value: this.graph.node('Transpose', [images], { perm: [0, 3, 1, 2] }),
      shape,
    });
  }

  add(layers: readonly Layer[]): void {
    for (const layer of layers) {
      const inputs = layer.inputs.map((input) => this.valueOf(input));
      this.#values.set(layer.name, { value: inferLayer(this, layer, inputs), shape: layer.output });
    }
  }

  /** What a layer puts out, n × channels × height × width. @throws RangeError when there is no such layer */
  valueOf(layer: string): string {
    return this.#find(layer).value;
  }

  shapeOf(layer: string): Shape {
    return this.#find(layer).shape;
  }

  /** A tensor of the network as it is. */
  weight(name: string): Float32Array {
    const values = this.weights.get(name);
    if (!values) throw new RangeError(`weight ${name}: expected a tensor, found none of that name`);
    return values;
  }

  /** A vector of the network as a constant. */
  vector(name: string): string {
    return this.graph.constant(name, [this.weight(name).length], () => this.weight(name));
  }

  #find(layer: string): { value: string; shape: Shape } {
    const found = this.#values.get(layer);
    if (!found) throw new RangeError(`layer ${layer}: expected one of the network, found none of that name`);
    return found;
  }
}

/** A graph from `images` to `probabilities` (logistic or softmax) and one output for each tap. */
export function writeInference(
  graph: Graph,
  network: Network,
  weights: Weights,
  taps: readonly string[],
): void {
  const net = new InferenceGraph(graph, weights);
  const { height, width, channels } = network.input;
  net.begin(graph.input('images', ['n', height, width, channels]), network.input);
  net.add(network.layers);
  for (const tap of taps) {
    const shape = net.shapeOf(tap);
    const output = graph.node('Transpose', [net.valueOf(tap)], { perm: [0, 2, 3, 1] }, `tap/${tap}`);
    graph.output(output, ['n', shape.height, shape.width, shape.channels]);
  }
  const last = network.layers.at(-1);
  if (last?.kind !== 'dense') throw new RangeError('last layer of a network: expected a dense one');
  const units = last.output.channels;
  graph.node('Reshape', [net.valueOf(last.name), graph.integers([-1, units])], {}, 'probabilities');
  graph.output('probabilities', ['n', units]);
}
