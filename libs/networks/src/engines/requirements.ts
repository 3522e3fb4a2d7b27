import type { Optimiser, StepOptions, TrainOptions } from '../engine.js';
import type { Network, Weights } from '../network.js';
import { sizeOf } from '../size-of.js';
import { unitsOf } from './batches.js';

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

/** @throws RangeError when a number of the optimiser or of the loss is out of its range */
export function requireOptions(network: Network, { optimiser, loss = {} }: TrainOptions): void {
  const { learningRate, weightDecay = 0 } = optimiser;
  const { inRange, expected } = optimiser.kind === 'sgd' ? sgdRange(optimiser) : adamRange(optimiser);
  if (!(learningRate > 0 && weightDecay >= 0 && inRange)) {
    const all = `learningRate > 0, ${expected}, weightDecay ≥ 0`;
    throw new RangeError(`optimiser: expected ${all}, found ${JSON.stringify(optimiser)}`);
  }
  const { classWeights, focalGamma = 0 } = loss;
  if (!(focalGamma >= 0 && Number.isFinite(focalGamma)))
    throw new RangeError(`focalGamma: expected a number ≥ 0, found ${focalGamma}`);
  if (classWeights) requireClassWeights(classWeights, Math.max(2, unitsOf(network)));
}

/**
 * @param trainer.parts of the step that has begun
 * @throws RangeError when the rate is no number ≥ 0, or the step may not come in such a part
 */
export function requireStep(
  { learningRate = 0, part }: StepOptions,
  { accumulates = false, parts }: Pick<TrainOptions, 'accumulates'> & { parts: number },
): void {
  if (!(learningRate >= 0 && Number.isFinite(learningRate)))
    throw new RangeError(`learning rate of a step: expected a number ≥ 0, found ${learningRate}`);
  if (part && !accumulates)
    throw new RangeError('part of a step: expected a trainer made with accumulates, found one without');
  if (!part && parts > 0)
    throw new RangeError(`step: expected the next part of a step of ${parts} so far, found a whole one`);
  if (part && !(part.share > 0 && part.share <= 1))
    throw new RangeError(`part of a step: expected a share above 0 and up to 1, found ${part.share}`);
}

/** @throws RangeError between the parts of a step, which no state remembers */
export function requireWhole(parts: number): void {
  if (parts === 0) return;
  throw new RangeError(`state of a trainer: expected one between steps, found ${parts} parts of a step`);
}

interface Range {
  inRange: boolean;
  expected: string;
}

function adamRange({ beta1, beta2, epsilon }: Exclude<Optimiser, { kind: 'sgd' }>): Range {
  const inRange = beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0;
  return { inRange, expected: 'beta1 and beta2 in [0, 1), epsilon > 0' };
}

function sgdRange({ momentum, nesterov }: Extract<Optimiser, { kind: 'sgd' }>): Range {
  const inRange = momentum >= 0 && momentum < 1 && (momentum > 0 || !nesterov);
  return { inRange, expected: 'momentum in [0, 1), above 0 with nesterov' };
}

function requireClassWeights(weights: readonly number[], classes: number): void {
  if (weights.length === classes && weights.every((weight) => weight >= 0 && Number.isFinite(weight))) return;
  throw new RangeError(`classWeights: expected ${classes} numbers ≥ 0, found ${JSON.stringify(weights)}`);
}
