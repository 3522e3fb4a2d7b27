import type { Network, Weights } from '../../network.js';
import { requireWeights } from '../requirements.js';
import { Graph } from './graph.js';
import { writeInference } from './inference-graph.js';

/**
 * A trained network as an ONNX model: from `images`, n × height × width × 3, to `probabilities`, n × classes, or n × 1
 * for a network of two classes, which says how likely the second is.
 *
 * @throws RangeError when the weights are not those of the network
 */
export function writeOnnx(
  network: Network,
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireWeights(network, weights);
  const graph = new Graph();
  writeInference(graph, network, weights, []);
  return graph.encode(metadata);
}
