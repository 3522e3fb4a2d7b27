import type { Adam, LossOptions, Optimiser, TrainOptions } from '@palimpsest/networks';
import { labelsOf, type FoldData } from './data.js';
import type { TrainStage } from './state.js';

/** β and ε of Keras' Adam. */
const adam: Omit<Adam, 'learningRate'> = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** What a stage asks of an engine, for the images of a fold. */
export function trainOptionsOf(
  stage: TrainStage,
  data: FoldData,
): Pick<TrainOptions, 'optimiser' | 'trainable' | 'loss' | 'accumulates'> {
  const { loss, accumulate = 1 } = stage;
  return {
    optimiser: optimiserOf(stage),
    trainable: trainableOf(stage),
    ...(accumulate > 1 && { accumulates: true }),
    ...(loss && { loss: lossOf(loss, data) }),
  };
}

function optimiserOf({ learningRate, optimiser }: TrainStage): Optimiser {
  if (!optimiser) return { ...adam, learningRate };
  const { kind, momentum = 0, nesterov = false, weightDecay } = optimiser;
  const decay = weightDecay !== undefined && { weightDecay };
  return kind === 'sgd'
    ? { kind, learningRate, momentum, nesterov, ...decay }
    : { ...adam, learningRate, ...decay };
}

function lossOf({ classWeights, focalGamma }: NonNullable<TrainStage['loss']>, data: FoldData): LossOptions {
  return {
    ...(classWeights === 'balanced' && { classWeights: balancedWeights(data) }),
    ...(focalGamma !== undefined && { focalGamma }),
  };
}

/**
 * images / (classes · images of the class), over the training images of a fold: their mean over those images is 1. A
 * class without any does not count, and has the weight 0.
 *
 * Reference: scikit-learn's `compute_class_weight('balanced')`.
 */
export function balancedWeights(data: Pick<FoldData, 'labels' | 'classes' | 'rows'>): number[] {
  const labels = labelsOf(data, data.rows.train);
  const counts = data.classes.map((_, label) => labels.filter((each) => each === label).length);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? labels.length / (present * count) : 0));
}

function trainableOf({ trainable, frozenStages, topLayers }: TrainStage): TrainOptions['trainable'] {
  if (frozenStages !== undefined) return { frozenStages };
  return topLayers === undefined ? trainable : { topLayers };
}
