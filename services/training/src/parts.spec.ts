import { describe, expect, it } from 'vitest';
import { placesOf } from './parts.js';

describe('batches of an epoch', () => {
  const batches = [[1, 2], [3, 4], [5, 6], [7, 8], [9]];

  it('are a step each', () => {
    expect(placesOf(batches)).toEqual([0, 1, 2, 3, 4].map((step) => ({ step })));
  });

  it('share steps by their images, the last step with what is left', () => {
    expect(placesOf(batches, 3)).toEqual([
      { step: 0, part: { share: 1 / 3, last: false } },
      { step: 0, part: { share: 1 / 3, last: false } },
      { step: 0, part: { share: 1 / 3, last: true } },
      { step: 1, part: { share: 2 / 3, last: false } },
      { step: 1, part: { share: 1 / 3, last: true } },
    ]);
  });

  it('are one step where more are asked for than there are', () => {
    const places = placesOf(batches, 9);
    expect(places.map(({ step, part }) => [step, part?.last])).toEqual([
      [0, false],
      [0, false],
      [0, false],
      [0, false],
      [0, true],
    ]);
    expect(places.reduce((sum, { part }) => sum + part!.share, 0)).toBeCloseTo(1, 12);
  });
});
