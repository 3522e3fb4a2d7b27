import { Random, seedFrom } from '@palimpsest/numerics';
import type { Network, Weights, WeightSpec } from './network.js';
import { sizeOf } from './size-of.js';

/**
 * Weights to begin with: Glorot-uniform kernels, zero biases, β and moving means, unit γ and moving variances. Each
 * tensor is drawn from the seed and its own name, so that it does not depend on the others.
 *
 * Reference: Glorot and Bengio 2010, AISTATS, 249–256.
 */
export function initialWeights(network: Network, seed: number): Weights {
  return new Map(network.weights.map((spec) => [spec.name, initialTensor(spec, seed)]));
}

function initialTensor({ name, shape, init }: WeightSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (init !== 'glorot-uniform') return values.fill(init === 'ones' ? 1 : 0);
  const receptiveField = sizeOf(shape.slice(0, -2));
  const [fanIn = 1, fanOut = 1] = shape.slice(-2).map((channels) => channels * receptiveField);
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const random = new Random(seedFrom('initial weights', seed, name));
  return values.map(() => (2 * random.uniform() - 1) * limit);
}
