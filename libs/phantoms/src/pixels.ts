import type { Field } from './field.js';
import type { RandomSource } from './random.js';

/** 8-bit pixels, height × width × channels, row-major; grey, or red, green and blue. */
export interface PhantomPixels {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

/**
 * Draws a square image: each field gives a channel, 0 is black and 1 is white; what lies beyond is cut off.
 *
 * @param grain standard deviation of the white noise that is added, the same to all channels
 */
export function render(
  size: number,
  fields: readonly [Field] | readonly [Field, Field, Field],
  random: RandomSource,
  grain: number,
): PhantomPixels {
  const channels = fields.length;
  const pixels = new Uint8Array(size * size * channels);
  for (let row = 0, at = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const noise = grain * random.normal();
      for (const field of fields) {
        const value = field((2 * column + 1) / size - 1, (2 * row + 1) / size - 1) + noise;
        pixels[at++] = Math.round(Math.min(Math.max(value, 0), 1) * 255);
      }
    }
  }
  return { width: size, height: size, channels, pixels };
}
