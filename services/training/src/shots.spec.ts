import type { ManifestImage } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { drawShots } from './shots.js';

const classes = ['a', 'b', 'c'];
const images = Array.from({ length: 60 }, (_, i) => ({ class: i % 3 }) as ManifestImage);
/** Every second image: 10 of each class. */
const rows = images.flatMap((_, i) => (i % 2 === 0 ? [i] : []));
const draw = (perClass: number, seed = 1) => drawShots({ images, classes }, rows, { perClass, seed });

describe('a smaller training set', () => {
  it.each([1, 4, 10])('holds %i images of each class, of the training images, in their order', (perClass) => {
    const drawn = draw(perClass);
    for (const label of [0, 1, 2])
      expect(drawn.filter((row) => images[row]?.class === label)).toHaveLength(perClass);
    expect(rows).toEqual(expect.arrayContaining(drawn));
    expect(drawn).toEqual([...drawn].sort((x, y) => x - y));
  });

  it('lies within every larger one of its seed', () => {
    const sets = [1, 2, 3, 5, 8, 10].map((perClass) => draw(perClass));
    sets.slice(1).forEach((larger, i) => expect(larger).toEqual(expect.arrayContaining(sets[i] ?? [])));
  });

  it('is the same for the same seed and another for another', () => {
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4, 2)).not.toEqual(draw(4));
  });

  it('is refused where a class has too few images, by name', () => {
    expect(() => draw(11)).toThrow(
      'training.shots: expected at least 11 training images of class "a", found 10',
    );
    expect(() => drawShots({ images, classes: [...classes, 'd'] }, rows, { perClass: 2, seed: 1 })).toThrow(
      'class "d", found 0',
    );
  });
});
