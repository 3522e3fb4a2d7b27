import type { Network, Weights } from './network.js';

/**
 * Weights with their shapes, in the order of the network, as files of tensors take them.
 *
 * @throws RangeError naming the first that is absent
 */
export function namedTensors(
  network: Pick<Network, 'weights'>,
  weights: Weights,
): Map<string, { shape: number[]; data: Float32Array }> {
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const { name, shape } of network.weights) {
    const data = weights.get(name);
    if (!data) throw new RangeError(`weights: expected ${name}, found no such tensor`);
    tensors.set(name, { shape: [...shape], data });
  }
  return tensors;
}
