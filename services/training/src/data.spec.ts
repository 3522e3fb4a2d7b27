import type { ManifestImage } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { rowsOfFold } from './data.js';

const image = (fold: number, role: ManifestImage['role'] = 'both'): ManifestImage => ({
  path: `${fold}.png`,
  label: 'benign',
  class: 0,
  patient: null,
  fold,
  role,
  width: 8,
  height: 8,
  sha256: '',
});

describe('rows of a fold', () => {
  it('trains on the other folds, and stops on and judges the one held out', () => {
    const images = [image(1), image(2), image(3), image(2)];
    expect(rowsOfFold({ images, folds: 3 }, 2)).toEqual({
      train: [0, 2],
      validation: [1, 3],
      judged: [1, 3],
    });
  });

  it('keeps the images that stop apart from those that are judged', () => {
    const images = [image(1, 'test'), image(1, 'validation'), image(2, 'validation'), image(1, 'test')];
    expect(rowsOfFold({ images, folds: 2 }, 1)).toEqual({ train: [2], validation: [1], judged: [0, 3] });
  });

  it.each([
    ['train', [image(1)], 1],
    ['validation', [image(1, 'test'), image(2)], 1],
    ['judged', [image(1, 'validation'), image(2)], 1],
    ['validation', [image(1), image(2)], 3],
  ])('refuses a fold that leaves nothing for %s', (part, images, fold) => {
    expect(() => rowsOfFold({ images, folds: 2 }, fold)).toThrow(
      `fold ${fold} of 2 leaves no images for "${part}"`,
    );
  });
});
