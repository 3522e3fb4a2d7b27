import type { Stage } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { stageWords } from './stage-words.js';

const stage: Stage = { learningRate: 0.001, maxEpochs: 20, patience: 3, monitor: 'loss' };

describe('a stage in words', () => {
  it('tells of no more than the study sets', () => {
    expect(stageWords(stage)).toBe(
      'Adam at 0.001, at most 20 epochs, stopped after 3 without better validation loss',
    );
  });

  it.each([
    [{ optimiser: { kind: 'adamw', weightDecay: 0.01 } }, /^AdamW \(weight decay 0.01\) at 0.001, at most/],
    [
      {
        optimiser: { kind: 'sgd', momentum: 0.9, nesterov: true },
        schedule: { kind: 'cosine', warmupEpochs: 2 },
      },
      /^gradient descent \(Nesterov’s momentum 0.9\) at 0.001 falling along a cosine, risen to over 2 epochs, at most/,
    ],
    [
      { schedule: { kind: 'step', factor: 0.1, everyEpochs: 5 } },
      /^Adam at 0.001 times 0.1 after every 5 epochs, at most/,
    ],
    [
      { loss: { classWeights: 'balanced', focalGamma: 2 }, accumulate: 4, frozenStages: 3 },
      /loss; classes weighted to count alike; focal loss with γ 2; 4 batches a step; frozen to the end of stage 3 of 5, but for random/,
    ],
    [{ topLayers: 5 }, /loss; only the top 5 layers with weights, but for random starts$/],
  ] as [Partial<Stage>, RegExp][])('tells of %o', (more, words) => {
    expect(stageWords({ ...stage, ...more })).toMatch(words);
  });
});
