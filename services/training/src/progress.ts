import type { TrainStage, TrainingState } from './state.js';

/** Where a training stands within an epoch. */
export interface Position {
  state: Pick<TrainingState, 'stage' | 'stageEpochs'>;
  stages: readonly TrainStage[];
  /** Share of the epoch under way that is done, in [0, 1]. */
  share: number;
}

/**
 * Share of a training that is done, in [0, 1], never falling. An epoch counts as if it were followed by as many
 * more as the patience asks for, because where early stopping ends is not known.
 */
export function shareDone({ state, stages, share }: Position): number {
  const stage = stages[state.stage];
  if (!stage) return 1;
  const epochs = state.stageEpochs + share;
  const expected = Math.min(stage.maxEpochs, epochs + Math.max(stage.patience, 1));
  return (state.stage + epochs / expected) / stages.length;
}

/** Such as "stage all, epoch 3 of at most 20, loss 0.53". */
export function describe({ state, stages }: Position, loss: number): string {
  const stage = stages[state.stage] as TrainStage;
  return `stage ${stage.trainable}, epoch ${state.stageEpochs + 1} of at most ${stage.maxEpochs}, loss ${loss.toPrecision(3)}`;
}
