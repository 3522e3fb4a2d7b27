import type { TrainStage } from './state.js';

/** A step of a stage. */
export interface StepPlace {
  /** From 0, counted through the epochs of the stage. */
  step: number;
  stepsPerEpoch: number;
}

/**
 * The learning rate of a step. It depends on nothing else, so that a training that was cut off goes on alike.
 *
 * Warm-up rises in a line and reaches the full rate with its last step. `cosine` falls from there along half a cosine,
 * to zero after `maxEpochs`: early stopping may end it sooner. `step` counts the epochs of the stage from its first, those
 * of the warm-up too.
 *
 * Reference: Loshchilov and Hutter 2017, ICLR (cosine); Goyal et al. 2017, arXiv 1706.02677 (warm-up).
 */
export function learningRateAt(
  { learningRate, maxEpochs, schedule }: Pick<TrainStage, 'learningRate' | 'maxEpochs' | 'schedule'>,
  { step, stepsPerEpoch }: StepPlace,
): number {
  if (!schedule) return learningRate;
  const warmup = (schedule.warmupEpochs ?? 0) * stepsPerEpoch;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  switch (schedule.kind) {
    case 'constant':
      return learningRate;
    case 'cosine': {
      const share = (step - warmup) / (maxEpochs * stepsPerEpoch - warmup);
      return (learningRate * (1 + Math.cos(Math.PI * share))) / 2;
    }
    case 'step': {
      const { factor, everyEpochs } = schedule as { factor: number; everyEpochs: number };
      return learningRate * factor ** Math.floor(step / (stepsPerEpoch * everyEpochs));
    }
  }
}
