import type { Curves, TaskInput } from '@palimpsest/contracts';
import { readSafetensors, writeSafetensors, type Tensor } from '@palimpsest/formats';
import type { OptimiserState, TrainerState, Weights } from '@palimpsest/networks';
import { isBetter, nothingSeen, observe, type Memory } from './early-stopping.js';

export type TrainStage = TaskInput<'train'>['stages'][number];
export type CurvePoint = Curves['epochs'][number];

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
  weights: Weights;
  /** null where a stage begins. */
  optimiser: OptimiserState | null;
}

/** Before the first epoch. */
export function beginWith(weights: Weights): TrainingState {
  const nothing = { stageEpochs: 0, memory: nothingSeen, best: null, kept: 0 };
  return { stage: 0, ...nothing, curve: [], weights, optimiser: null };
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
  if (!stop && stageEpochs < stage.maxEpochs) {
    return { ...state, ...trainer, stageEpochs, memory, best, curve };
  }
  const { weights, epoch: kept } = stage.keep === 'best' ? best : { weights: trainer.weights, epoch };
  return { ...beginWith(weights), stage: state.stage + 1, kept, curve };
}

/** One buffer that holds the whole state. */
export function encodeState({ weights, optimiser, best, ...rest }: TrainingState): Uint8Array {
  const groups = { weights, moments: optimiser?.moments, best: best?.weights };
  const tensors = Object.entries(groups).flatMap(([group, members]) =>
    [...(members ?? [])].map(([name, data]): [string, Tensor] => [
      `${group}:${name}`,
      { shape: [data.length], data },
    ]),
  );
  const facts: Facts = {
    ...rest,
    best: best && { epoch: best.epoch, loss: best.loss },
    steps: optimiser && optimiser.steps,
    averaging: optimiser?.averaging,
  };
  return writeSafetensors(new Map(tensors), { facts: JSON.stringify(facts) });
}

/** The state that `encodeState` wrote. */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes);
  const { best, steps, averaging = 'sum', ...rest } = JSON.parse(metadata['facts'] as string) as Facts;
  const group = (name: string): Weights =>
    new Map(
      [...tensors].flatMap(([key, { data }]) =>
        key.startsWith(`${name}:`) ? [[key.slice(name.length + 1), data]] : [],
      ),
    );
  return {
    ...rest,
    best: best && { ...best, weights: group('best') },
    weights: group('weights'),
    optimiser: steps === null ? null : { steps, averaging, moments: group('moments') },
  };
}

/** The part of a state that is no tensor. */
interface Facts extends Omit<TrainingState, 'weights' | 'optimiser' | 'best'> {
  best: { epoch: number; loss: number } | null;
  steps: number | null;
  averaging?: OptimiserState['averaging'] | undefined;
}
