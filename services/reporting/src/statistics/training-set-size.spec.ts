import { describe, expect, it } from 'vitest';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { sizeTable } from '../tables/training-set-size.js';
import { sizePoints } from './training-set-size.js';

const plain = aStudy(['one', 'two'], { strategies: ['finetune', 'freeze'] });
const study = { ...plain, training: { ...plain.training, shots: [16, 4] } };

describe('AUC by size of the training set', () => {
  it('rises from the smallest set to all images, of networks whose weights were all trained', async () => {
    const view = await viewOf({ study, auc: ({ fold, shots = 20 }) => 0.5 + shots / 100 + fold / 1000 });
    const points = sizePoints(view);
    expect(points).toHaveLength(2 * 3 * 3);
    expect(new Set(points.map(({ arm }) => arm.strategy))).toEqual(new Set(['finetune']));
    const first = points.slice(0, 3);
    // Two classes; five folds of 24 images, one of which is held out.
    expect(first.map(({ shots, images }) => [shots, images])).toEqual([
      [4, 8],
      [16, 32],
      [null, 96],
    ]);
    expect(first.map(({ mean }) => mean?.toFixed(6))).toEqual(['0.543000', '0.663000', '0.703000']);
    // t of 4 degrees of freedom; 18 judged and 96 trained on in each fold.
    const reach = 2.7764451051977987 * Math.sqrt(2.5e-6 * (1 / 5 + 18 / 96));
    expect(first[0]?.interval?.high).toBeCloseTo(0.543 + reach, 9);
    expect(first[0]?.interval?.low).toBeCloseTo(0.543 - reach, 9);
  });

  it('takes the mean of the seeds of each fold', async () => {
    const several = { ...study, training: { ...study.training, seeds: 2 } };
    const view = await viewOf({ study: several, auc: ({ seed = 0 }) => 0.5 + seed / 10 });
    for (const { values } of sizePoints(view))
      for (const value of values) expect(value).toBeCloseTo(0.55, 12);
  });

  it('has no interval where one fold alone has an AUC, and an empty field for all images', async () => {
    const view = await viewOf({ study, auc: ({ fold }) => (fold === 2 ? 0.75 : null) });
    expect(sizeTable(sizePoints(view)).rows[2]).toEqual([
      'one',
      'natural',
      null,
      96,
      1,
      0.75,
      null,
      null,
      null,
    ]);
  });

  it('is nothing where all images are trained on, and changes nothing else where not', async () => {
    expect(sizePoints(await viewOf({ study: plain }))).toEqual([]);
    const [with_, without] = [await viewOf({ study }), await viewOf({ study: plain })];
    expect(with_.arms).toEqual(without.arms);
  });
});
