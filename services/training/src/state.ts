import type { Curves, TaskInput } from '@palimpsest/contracts';
import { readSafetensors, writeSafetensors, type Tensor } from '@palimpsest/formats';
import { isBetter, nothingSeen, observe, type Memory } from './early-stopping.js';

export type Weights = ReadonlyMap<string, Tensor>;
export type TrainStage = TaskInput<'train'>['stages'][number];
export type CurvePoint = Curves['epochs'][number];

/** Weights, and what the optimiser remembers beside them; null where a stage begins. */
export interface TrainerState {
  weights: Weights;
  optimiser: OptimiserState | null;
}

export interface OptimiserState {
  /** Steps done. */
  steps: number;
  moments: Weights;
}

/** Everything on which the rest of a training depends, after an epoch. */
export interface TrainingState {
  /** Index of the stage that is next to run; the number of stages when all is done. */
  stage: number;
  /** Epochs done in that stage. */
  stageEpochs: number;
  memory: Memory;
  /** The epoch of this stage with the lowest validation loss, and its weights. */
  best: { epoch: number; loss: number; weights: Weights } | null;
  /** The epoch whose weights the last finished stage handed on; 0 before. */
  kept: number;
  curve: CurvePoint[];
  trainer: TrainerState;
}

/** Before the first epoch. */
export function beginWith(weights: Weights): TrainingState {
  const nothing = { stageEpochs: 0, memory: nothingSeen, best: null, kept: 0 };
  return { stage: 0, ...nothing, curve: [], trainer: { weights, optimiser: null } };
}

/**
 * What follows from one more epoch: the stage goes on, or it ends and the next begins with the weights it keeps.
 *
 * @param point what was measured after the epoch
 * @param trainer weights and optimiser after the epoch
 */
export function advance(
  state: TrainingState,
  stage: TrainStage,
  { point, trainer }: { point: CurvePoint; trainer: TrainerState },
): TrainingState {
  const monitored = stage.monitor === 'loss' ? point.validationLoss : point.validationAccuracy;
  const { memory, stop } = observe(state.memory, monitored, stage);
  const { epoch, validationLoss: loss } = point;
  const best =
    state.best && !isBetter(loss, state.best.loss, 'loss')
      ? state.best
      : { epoch, loss, weights: trainer.weights };
  const stageEpochs = state.stageEpochs + 1;
  const curve = [...state.curve, point];
  if (!stop && stageEpochs < stage.maxEpochs) return { ...state, stageEpochs, memory, best, curve, trainer };
  const { weights, epoch: kept } = stage.keep === 'best' ? best : { weights: trainer.weights, epoch };
  return { ...beginWith(weights), stage: state.stage + 1, kept, curve };
}

/** One buffer that holds the whole state. */
export function encodeState(state: TrainingState): Uint8Array {
  const { trainer, best, ...rest } = state;
  const tensors = new Map<string, Tensor>();
  const add = (group: string, weights: Weights) =>
    weights.forEach((tensor, name) => tensors.set(`${group}:${name}`, tensor));
  add('weights', trainer.weights);
  if (trainer.optimiser) add('moments', trainer.optimiser.moments);
  if (best) add('best', best.weights);
  const facts: Facts = {
    ...rest,
    best: best && { epoch: best.epoch, loss: best.loss },
    steps: trainer.optimiser?.steps ?? null,
  };
  return writeSafetensors(tensors, { facts: JSON.stringify(facts) });
}

/** The state that `encodeState` wrote. */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes);
  const { best, steps, ...rest } = JSON.parse(metadata['facts'] as string) as Facts;
  const group = (name: string) =>
    new Map(
      [...tensors]
        .filter(([key]) => key.startsWith(`${name}:`))
        .map(([key, tensor]) => [key.slice(name.length + 1), tensor]),
    );
  return {
    ...rest,
    best: best && { ...best, weights: group('best') },
    trainer: {
      weights: group('weights'),
      optimiser: steps === null ? null : { steps, moments: group('moments') },
    },
  };
}

/** The part of a state that is no tensor. */
interface Facts extends Omit<TrainingState, 'trainer' | 'best'> {
  best: { epoch: number; loss: number } | null;
  steps: number | null;
}
