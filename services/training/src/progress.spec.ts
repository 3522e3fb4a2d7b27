import { describe as suite, expect, it } from 'vitest';
import { describe, shareDone } from './progress.js';
import type { TrainStage } from './state.js';

const stage = (trainable: TrainStage['trainable'], maxEpochs: number, patience: number): TrainStage => ({
  learningRate: 1e-3,
  maxEpochs,
  patience,
  monitor: 'loss',
  trainable,
  keep: 'best',
});
const stages = [stage('head', 4, 2), stage('all', 200, 3)];
const at = (index: number, stageEpochs: number, share = 0) => ({
  state: { stage: index, stageEpochs },
  stages,
  share,
});

suite('progress of a training', () => {
  it('rises from 0 to 1 and never falls', () => {
    const shares = [0, 1].flatMap((index) =>
      Array.from({ length: stages[index]!.maxEpochs * 4 + 1 }, (_, i) =>
        shareDone(at(index, Math.floor(i / 4), (i % 4) / 4)),
      ),
    );
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBe(1);
    expect(shares.slice(1).every((share, i) => share >= shares[i]!)).toBe(true);
    expect(shareDone(at(2, 0))).toBe(1);
  });

  it('does not wait for 200 epochs that early stopping will hardly reach', () => {
    expect(shareDone(at(1, 3))).toBe(0.75);
    expect(shareDone(at(1, 17))).toBeCloseTo(0.925);
  });

  it('names stage, epoch, loss, pace and memory', () => {
    const going = { loss: 0.5342, rate: 118.04, waiting: 0.0213, peakBytes: 812_400_000 };
    expect(describe(at(1, 2, 0.5), going)).toBe(
      'stage all, epoch 3 of at most 200, loss 0.534, 118 images/s, 2 % waiting, 812 MB at most',
    );
  });
});
