import type { TrainingAt } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { aucSummaries, judgedToTrained, overallDifferences, sourceDifferences } from './auc.js';

const study = aStudy(['one', 'two', 'three']);

describe('AUC over folds', () => {
  it('has a mean and a deviation with divisor n − 1', async () => {
    const view = await viewOf({ study, auc: ({ fold }) => [0.8, 0.9, 0.7, 0.8, 0.8][fold - 1] ?? 0 });
    const [first] = aucSummaries(view);
    expect(first?.mean).toBeCloseTo(0.8, 12);
    expect(first?.sd).toBeCloseTo(Math.sqrt(0.02 / 4), 12);
  });

  it('leaves out folds that have none', async () => {
    const view = await viewOf({ study, auc: ({ fold }) => (fold === 1 ? 0.6 : null) });
    expect(aucSummaries(view)[0]).toMatchObject({ values: [0.6], mean: 0.6, sd: null });
  });
});

describe('AUC over seeds', () => {
  const training = { ...study.training, seeds: 3 };
  const several = aStudy(['one'], { training });
  const auc = ({ fold, seed = 0 }: Pick<TrainingAt, 'fold' | 'seed'>) =>
    0.5 + fold / 20 + (seed * fold) / 100;

  it('is their mean in each fold, and its spread the pooled deviation within folds', async () => {
    const view = await viewOf({ study: several, auc });
    const [first] = aucSummaries(view);
    const means = [1, 2, 3, 4, 5].map((fold) => 0.5 + fold / 20 + fold / 100);
    expect(first?.values.map((value) => value.toFixed(12))).toEqual(means.map((value) => value.toFixed(12)));
    // Seeds 0, 1 and 2 lie fold/100 apart, so the variance of a fold is (fold/100)²; the mean of five is 11/100².
    expect(first?.sdOfSeeds).toBeCloseTo(Math.sqrt(11) / 100, 12);
  });

  it('has no spread where each network is trained once, or no AUC', async () => {
    expect(aucSummaries(await viewOf({ study }))[0]?.sdOfSeeds).toBeNull();
    const view = await viewOf({ study: several, auc: () => null });
    expect(aucSummaries(view)[0]).toMatchObject({ values: [], mean: null, sdOfSeeds: null });
  });

  it('pairs sources by the means of their folds', async () => {
    const lead = ({ source, seed = 0 }: Pick<TrainingAt, 'source' | 'seed'>) =>
      source === 'natural' ? 0.7 + seed / 10 : 0.7;
    const view = await viewOf({
      study: several,
      auc: (at) => lead(at) + at.fold / 100,
    });
    expect(sourceDifferences(view, 'finetune')[0]?.difference).toBeCloseTo(0.1, 12);
  });
});

describe('differences between sources', () => {
  it('are paired over folds, with the correction for overlapping training sets', async () => {
    const gaps = [0.02, 0.04, 0.06, 0.04, 0.04];
    const view = await viewOf({
      study,
      auc: ({ source, fold }) => (source === 'natural' ? 0.8 + (gaps[fold - 1] ?? 0) : 0.8),
    });
    const [found] = sourceDifferences(view, 'finetune');
    // 24 images a fold, a quarter of which stops the training: 18 judged, 96 trained on.
    expect(judgedToTrained(view, 'one')).toBeCloseTo(18 / 96, 12);
    const error = Math.sqrt(0.0008 / 4) * Math.sqrt(1 / 5 + 18 / 96);
    expect(found).toMatchObject({ target: 'one', folds: 5 });
    expect(found?.difference).toBeCloseTo(0.04, 12);
    expect(found?.high).toBeCloseTo(0.04 + 2.7764451051977987 * error, 9);
  });

  it('are adjusted by Holm over the targets of the same two sources', async () => {
    const view = await viewOf({
      study,
      auc: ({ target, source, fold }) =>
        0.6 +
        (source === 'natural' ? ({ one: 0.2, two: 0.1, three: 0.05 }[target] ?? 0) : 0) +
        fold * (source === 'natural' ? 0.02 : 0.01),
    });
    const three = sourceDifferences(view, 'finetune').filter(
      ({ a, b }) => a.source === 'natural' && b.source === 'radiology',
    );
    const [one, two, last] = three;
    expect(three.map(({ p }) => p)).toEqual([...three.map(({ p }) => p)].sort((x, y) => x - y));
    expect(one?.holm).toBeCloseTo(3 * (one?.p ?? 0), 12);
    expect(two?.holm).toBeCloseTo(Math.max(3 * (one?.p ?? 0), 2 * (two?.p ?? 0)), 12);
    expect(last?.holm).toBeCloseTo(Math.max(two?.holm ?? 0, last?.p ?? 0), 12);
  });

  it('count each target once over all, with an interval from three targets on', async () => {
    const gap: Record<string, number> = { one: 0.1, two: 0.2, three: -0.03 };
    const view = await viewOf({
      study,
      auc: ({ target, source, fold }) => 0.6 + fold / 100 + (source === 'natural' ? (gap[target] ?? 0) : 0),
    });
    const [overall] = overallDifferences(sourceDifferences(view, 'finetune'), view.sources);
    expect(overall).toMatchObject({ a: 'natural', b: 'radiology', targets: 3, leads: 2 });
    expect(overall?.difference).toBeCloseTo(0.09, 12);
    const error = Math.sqrt((0.01 ** 2 + 0.11 ** 2 + 0.12 ** 2) / 2 / 3);
    expect(overall?.interval?.low).toBeCloseTo(0.09 - 4.302652729911275 * error, 9);
  });
});
