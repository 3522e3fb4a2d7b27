import { describe, expect, it } from 'vitest';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { gainPoints, slopes } from './gain.js';

const aucOf: Record<string, number> = { natural: 0.9, radiology: 0.8, random: 0.6 };

describe('gain against similarity', () => {
  it('is a difference or a share of the AUC of random, as the study says', async () => {
    const study = aStudy(['one', 'two', 'three']);
    const auc = ({ source }: { source: string }) => aucOf[source] ?? 0;
    const difference = gainPoints(await viewOf({ study, auc }));
    const relative = gainPoints(
      await viewOf({ study: { ...study, analysis: { ...study.analysis, gain: 'relative' } }, auc }),
    );
    expect(difference).toHaveLength(3 * 2 * 5 * 5);
    expect(difference[0]?.gain).toBeCloseTo(0.3, 12);
    expect(relative[0]?.gain).toBeCloseTo(0.5, 12);
  });

  it('has a line with both intervals, the same ones every time', async () => {
    const study = aStudy(['one', 'two', 'three']);
    const view = await viewOf({
      study,
      similarity: ({ fold, target }) => (fold ?? 1) / 10 + target.length / 100,
      auc: ({ source, target, fold }) => (source === 'random' ? 0.5 : 0.9 - fold / 50 - target.length / 500),
    });
    const found = slopes(view, gainPoints(view));
    expect(found).toHaveLength(10);
    for (const { line, overPoints, overTargets } of found) {
      expect(line.slope).toBeCloseTo(-0.2, 9);
      expect(overPoints.low).toBeCloseTo(-0.2, 9);
      expect(overTargets?.high).toBeCloseTo(-0.2, 9);
    }
    expect(slopes(view, gainPoints(view))).toEqual(found);
  });

  it('has no interval over one or two targets', async () => {
    const view = await viewOf({ study: aStudy(['one', 'two']) });
    expect(
      slopes(view, gainPoints(view)).map(({ overTargets, clusterBand }) => [overTargets, clusterBand]),
    ).toEqual(Array(10).fill([null, null]));
  });

  it('is empty without a random start', async () => {
    const { natural } = aStudy([]).sources;
    expect(
      gainPoints(await viewOf({ study: aStudy(['one'], { sources: natural ? { natural } : {} }) })),
    ).toEqual([]);
  });
});
