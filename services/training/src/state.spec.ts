import { describe, expect, it } from 'vitest';
import {
  advance,
  beginWith,
  decodeState,
  encodeState,
  type TrainStage,
  type TrainingState,
} from './state.js';

const weights = (value: number) => new Map([['w', Float32Array.of(value)]]);
const stage = (over: Partial<TrainStage> = {}): TrainStage => ({
  learningRate: 0.1,
  maxEpochs: 9,
  patience: 2,
  monitor: 'loss',
  trainable: 'all',
  keep: 'best',
  ...over,
});

/** Runs epochs with these validation losses (and accuracies); the weights after epoch n are n. */
function run(stages: TrainStage[], measured: [loss: number, accuracy?: number][]): TrainingState {
  let state = beginWith(weights(0));
  for (const [loss, accuracy = 0.5] of measured) {
    const current = stages[state.stage]!;
    const epoch = state.curve.length + 1;
    const point = {
      epoch,
      stage: current.trainable,
      learningRate: current.learningRate,
      trainLoss: 1,
      validationLoss: loss,
      validationAccuracy: accuracy,
      validationAuc: null,
      validationAucInterval: null,
      gradientNorms: { head: 1 },
    };
    const optimiser = { steps: epoch, averaging: 'mean', moments: weights(-epoch) } as const;
    state = advance(state, current, { point, trainer: { weights: weights(epoch), optimiser } });
  }
  return state;
}

describe('stages', () => {
  it('go on while the patience lasts, with the weights of the last epoch', () => {
    const state = run([stage()], [[3], [1], [2]]);
    expect(state).toMatchObject({ stage: 0, stageEpochs: 3, kept: 0, best: { epoch: 2, loss: 1 } });
    expect(state).toMatchObject({ weights: weights(3), optimiser: { steps: 3, moments: weights(-3) } });
  });

  it('end with the weights of the lowest validation loss', () => {
    const state = run([stage()], [[3], [1], [2], [1]]);
    expect(state).toMatchObject({ stage: 1, stageEpochs: 0, kept: 2, best: null });
    expect(state).toMatchObject({ weights: weights(2), optimiser: null });
  });

  it('keep the lowest loss also when they watch the accuracy', () => {
    const state = run(
      [stage({ monitor: 'accuracy', patience: 1 })],
      [
        [1, 0.5],
        [2, 0.6],
        [3, 0.6],
      ],
    );
    expect(state).toMatchObject({ stage: 1, kept: 1 });
  });

  it('keep the last weights where they are asked to', () => {
    const state = run([stage({ keep: 'last' })], [[1], [2], [3]]);
    expect(state).toMatchObject({ stage: 1, kept: 3, weights: weights(3), optimiser: null });
  });

  it('end after their last epoch, however well it goes', () => {
    expect(run([stage({ maxEpochs: 2 })], [[2], [1]])).toMatchObject({ stage: 1, kept: 2 });
  });

  it('begin without memory of the one before', () => {
    const stages = [stage({ keep: 'last', patience: 1, trainable: 'head' }), stage()];
    const state = run(stages, [[1], [1], [5], [4]]);
    expect(state).toMatchObject({ stage: 1, stageEpochs: 2, kept: 2, best: { epoch: 4, loss: 4 } });
    expect(state.curve.map((point) => point.stage)).toEqual(['head', 'head', 'all', 'all']);
  });
});

describe('the state of a training', () => {
  it.each([
    ['before the first epoch', []],
    ['in the middle of a stage', [[3], [0.1 + 0.2], [2]]],
    ['between two stages', [[1], [2], [3]]],
  ] as [string, [number][]][])('survives being written and read %s', (_, losses) => {
    const state = run([stage(), stage()], losses);
    expect(decodeState(encodeState(state))).toEqual(state);
  });
});
