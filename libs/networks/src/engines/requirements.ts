import type { TrainOptions } from '../engine.js';
import type { Network, Weights } from '../network.js';

/** @throws RangeError naming the first tensor that is missing or of another size */
export function requireWeights(network: Network, weights: Weights): void {
  for (const spec of network.weights) {
    const found = weights.get(spec.name)?.length;
    if (found === sizeOf(spec.shape)) continue;
    throw new RangeError(
      `weights of ${network.name}: expected ${spec.name} of ${spec.shape.join(' × ')}, found ${found ?? 'no'} values`,
    );
  }
}

/** @throws RangeError when a number of the optimiser is out of its range */
export function requireOptions({ optimiser }: TrainOptions): void {
  const { learningRate, beta1, beta2, epsilon } = optimiser;
  const inRange = learningRate > 0 && beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0;
  if (inRange) return;
  throw new RangeError(
    `optimiser: expected learningRate > 0, beta1 and beta2 in [0, 1), epsilon > 0, found ${JSON.stringify(optimiser)}`,
  );
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
