import { describe, expect, it } from 'vitest';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import type { View } from '../view.js';
import { agreements, agreementSummaries } from './agreement.js';

/** Gives the networks of a source these answers to four images of class 0, in every fold. */
function answer(view: View, source: string, classes: number[]): void {
  for (const arm of view.arms.filter((a) => a.source === source)) {
    for (const fold of arm.folds) {
      const images = classes.map((c, image) => ({
        image,
        class: 0,
        probabilities: c === 0 ? [0.5, 0.5] : [0.4, 0.6],
      }));
      fold.predictions = { classes: ['a', 'b'], images };
    }
  }
}

describe('agreement of errors', () => {
  it('is the share of images on which both are right or both wrong, beside what independence gives', async () => {
    const study = aStudy(['one']);
    const view = await viewOf({ study });
    answer(view, 'natural', [0, 0, 0, 1]);
    answer(view, 'radiology', [0, 0, 1, 1]);
    answer(view, 'random', [0, 1, 1, 1]);
    const [first] = agreements(view);
    expect(first).toMatchObject({
      a: 'natural',
      b: 'radiology',
      images: 4,
      observed: 0.75,
      accuracyA: 0.75,
      accuracyB: 0.5,
    });
    expect(first?.independent).toBeCloseTo(0.75 * 0.5 + 0.25 * 0.5, 12);
    const squared = {
      ...view,
      study: { ...study, analysis: { ...study.analysis, independence: 'first-squared' as const } },
    };
    expect(agreements(squared)[0]?.independent).toBeCloseTo(0.75 ** 2 + 0.25 ** 2, 12);
    expect(agreementSummaries(view, agreements(view))[0]?.excess?.difference).toBeCloseTo(0.25, 12);
  });

  it('looks only at images that both were judged on', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    answer(view, 'natural', [0, 0, 0, 1]);
    answer(view, 'radiology', [0, 1]);
    answer(view, 'random', [1, 1]);
    expect(agreements(view)[0]).toMatchObject({ images: 2, observed: 0.5 });
  });
});
