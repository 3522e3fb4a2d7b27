import { describe, expect, it } from 'vitest';
import type { FoldData } from './data.js';
import { balancedWeights, trainOptionsOf } from './recipe.js';
import type { TrainStage } from './state.js';

const stage: TrainStage = {
  ...{ learningRate: 0.1, maxEpochs: 9, patience: 2 },
  ...{ monitor: 'loss', trainable: 'all', keep: 'best' },
};

/** Six images of class 0 and two of class 1 to train on, ten of class 1 held out; of class 2 none to train on. */
const data = {
  labels: Int32Array.from([0, 0, 0, 0, 0, 0, 1, 1, ...Array<number>(10).fill(1), 2]),
  classes: ['a', 'b', 'c'],
  rows: { train: [0, 1, 2, 3, 4, 5, 6, 7], validation: [8, 18], judged: [9] },
} as unknown as FoldData;

const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

describe('what a stage asks of an engine', () => {
  it('is Keras’ Adam on the plain loss where it says nothing', () => {
    expect(trainOptionsOf(stage, data)).toEqual({ optimiser: adam, trainable: 'all' });
  });

  it.each([
    [{ kind: 'adam' }, adam],
    [
      { kind: 'adamw', weightDecay: 0.02 },
      { ...adam, weightDecay: 0.02 },
    ],
    [{ kind: 'sgd' }, { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false }],
    [
      { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
      { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
    ],
  ] as const)('is of %o the optimiser %o', (optimiser, expected) => {
    expect(trainOptionsOf({ ...stage, optimiser }, data).optimiser).toEqual(expected);
  });

  it.each([{ frozenStages: 3 }, { topLayers: 5 }])('freezes what %o says', (part) => {
    expect(trainOptionsOf({ ...stage, ...part }, data).trainable).toEqual(part);
  });

  it('lets steps come in parts', () => {
    expect(trainOptionsOf({ ...stage, accumulate: 2 }, data).accumulates).toBe(true);
    expect(trainOptionsOf({ ...stage, accumulate: 1 }, data)).toEqual(trainOptionsOf(stage, data));
  });

  it('weighs classes and focuses the loss', () => {
    const loss = { classWeights: 'balanced', focalGamma: 2 } as const;
    expect(trainOptionsOf({ ...stage, loss }, data).loss).toEqual({
      classWeights: [8 / 12, 2, 0],
      focalGamma: 2,
    });
  });
});

describe('balanced weights', () => {
  it('count training images alone, and have a mean of one over them', () => {
    const [a, b, c] = balancedWeights(data) as [number, number, number];
    expect(6 * a).toBeCloseTo(2 * b, 12);
    expect(6 * a + 2 * b).toBeCloseTo(8, 12);
    expect(c).toBe(0);
  });
});
