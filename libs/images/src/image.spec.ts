import { expect, it } from 'vitest';
import { toRgb } from './image.js';

it('repeats grey in three channels', () => {
  const image = { width: 2, height: 1, channels: 1 as const, pixels: Uint8Array.of(7, 250) };
  expect(toRgb(image)).toEqual({ ...image, channels: 3, pixels: Uint8Array.of(7, 7, 7, 250, 250, 250) });
});

it('leaves colour as it is', () => {
  const image = { width: 1, height: 1, channels: 3 as const, pixels: Uint8Array.of(1, 2, 3) };
  expect(toRgb(image)).toEqual(image);
});
