import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resizeNearest } from './resize.js';

const row = (width: number) => ({
  width,
  height: 1,
  channels: 1 as const,
  pixels: Uint8Array.from({ length: width }, (_, i) => i),
});

/** What Pillow 13 gives for `resize((to, 1), Image.NEAREST)` of the pixels 0, 1, 2, …; ties fall both ways. */
it.each([
  [5, 3, [0, 2, 4]],
  [3, 5, [0, 0, 1, 2, 2]],
  [10, 4, [1, 3, 6, 8]],
  [1, 3, [0, 0, 0]],
  [7, 7, [0, 1, 2, 3, 4, 5, 6]],
  [12, 8, [0, 2, 3, 5, 6, 8, 9, 11]],
])('takes the pixels that Pillow takes, %i to %i', (from, to, expected) => {
  expect([...resizeNearest(row(from), { height: 1, width: to }).pixels]).toEqual(expected);
});

it('adds the steps up as Pillow does, where one multiplication would round to another pixel', () => {
  const { pixels } = resizeNearest(row(2), { height: 1, width: 7 });
  expect([...pixels]).toEqual([0, 0, 0, 0, 1, 1, 1]);
  expect(Math.floor((3 + 0.5) * (2 / 7))).toBe(1);
});

it('keeps the channels of a pixel together', () => {
  const image = {
    width: 2,
    height: 2,
    channels: 3 as const,
    pixels: Uint8Array.from({ length: 12 }, (_, i) => i),
  };
  const { pixels, ...size } = resizeNearest(image, { height: 1, width: 3 });
  expect(size).toEqual({ width: 3, height: 1, channels: 3 });
  expect([...pixels]).toEqual([6, 7, 8, 9, 10, 11, 9, 10, 11]);
});

it('never leaves the image, whatever the sizes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 2000 }), (from, to) => {
      const { pixels } = resizeNearest(row(from), { height: 1, width: to });
      return pixels.every((value, i) => value < from && (i === 0 || value >= pixels[i - 1]!));
    }),
  );
});

it('refuses a side that is no positive integer', () => {
  expect(() => resizeNearest(row(3), { height: 0, width: 2 })).toThrow(
    'expected a side of 1 or more, found 0',
  );
  expect(() => resizeNearest(row(3), { height: 1, width: 1.5 })).toThrow('found 1.5');
});
