import type { Adam, Optimiser, Sgd } from '../../engine.js';
import { decays, type Moment } from '../moments.js';
import type { Device, Tensor } from './device.js';
import { using } from './rules/rule.js';
import type { Variable } from './variable.js';

/** A tensor that learns, with what the optimiser remembers of it. */
export interface Learnt {
  w: Variable;
  moments: ReadonlyMap<Moment, Variable>;
}

export interface Step {
  /** From 1. */
  number: number;
  learningRate: number;
  /** By name of the weight. */
  gradients: ReadonlyMap<string, Tensor>;
}

/** Moves every weight by its gradient, and the moments with them. */
export function moveWeights(
  device: Device,
  learnt: ReadonlyMap<string, Learnt>,
  optimiser: Optimiser,
  step: Step,
): void {
  const { learningRate } = step;
  const scalars = factorsOf(optimiser, step).map((value) => device.scalar(value));
  const decay = optimiser.weightDecay ? device.scalar(learningRate * optimiser.weightDecay) : undefined;
  using([...scalars, ...(decay ? [decay] : [])], () => {
    for (const [name, each] of learnt) {
      const gradient = step.gradients.get(name);
      if (!gradient) throw new RangeError(`weight ${name}: expected the loss to depend on it, found no path`);
      if (decay && decays(name)) each.w.decay(decay);
      if (optimiser.kind === 'sgd') descend(each, scalars, { gradient, optimiser });
      else each.w.adam(momentsOfAdam(each), scalars, gradient);
    }
  });
}

function factorsOf(optimiser: Optimiser, step: Step): number[] {
  return optimiser.kind === 'sgd' ? [step.learningRate, optimiser.momentum] : adamFactors(optimiser, step);
}

/** β₁ᵗ, β₂ᵗ, learning rate, β₁, β₂, ε. */
function adamFactors({ beta1, beta2, epsilon }: Adam, { number, learningRate }: Step): number[] {
  return [beta1 ** number, beta2 ** number, learningRate, beta1, beta2, epsilon];
}

function momentsOfAdam({ moments }: Learnt): { m: Variable; v: Variable } {
  return { m: moments.get('m') as Variable, v: moments.get('v') as Variable };
}

function descend(
  { w, moments }: Learnt,
  scalars: readonly Tensor[],
  { gradient, optimiser: { nesterov } }: { gradient: Tensor; optimiser: Sgd },
): void {
  const [rate, momentum] = scalars as [Tensor, Tensor];
  const velocity = moments.get('m');
  if (velocity) w.momentum(velocity, [rate, momentum], { gradient, nesterov });
  else w.descend(rate, gradient);
}

/** Adds the share of a part to what the parts before it have gathered. */
export function addShares(
  device: Device,
  {
    gradients,
    share,
    into,
  }: { gradients: ReadonlyMap<string, Tensor>; share: number; into: Map<string, Tensor> },
): void {
  const scalar = device.scalar(share);
  using([scalar], () => {
    for (const [name, gradient] of gradients) {
      const own = device.op('Mul', [gradient, scalar]);
      const before = into.get(name);
      into.set(name, before ? using([before, own], () => device.op('AddV2', [before, own])) : own);
    }
  });
}
