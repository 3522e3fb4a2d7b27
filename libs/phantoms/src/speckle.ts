import type { Field } from './field.js';
import type { RandomSource } from './random.js';

/** Blur along depth and across it, in pixels of the grid: a beam is wider than its pulse is long. */
const axial = [0.25, 0.5, 0.25];
const lateral = [0.06, 0.24, 0.4, 0.24, 0.06];

/**
 * Speckle of coherent imaging: the modulus of a blurred complex Gaussian, Rayleigh distributed, with mean 1.
 *
 * @param size pixels a side; the speckle is constant within a pixel
 */
export function speckle(random: RandomSource, size: number): Field {
  const real = blurredNoise(random, size);
  const imaginary = blurredNoise(random, size);
  const modulus = real.map((value, i) => Math.hypot(value, imaginary[i] as number));
  const mean = modulus.reduce((sum, value) => sum + value, 0) / modulus.length;
  const index = (t: number) => Math.min(Math.max(Math.floor(((t + 1) / 2) * size), 0), size - 1);
  return (x, y) => (modulus[index(y) * size + index(x)] as number) / mean;
}

function blurredNoise(random: RandomSource, size: number): Float64Array {
  const noise = Float64Array.from({ length: size * size }, () => random.normal());
  return blur(blur(noise, size, lateral), size, axial);
}

/** Blurs along the rows and returns the transpose; the image goes round at its border. */
function blur(values: Float64Array, size: number, kernel: readonly number[]): Float64Array {
  const out = new Float64Array(values.length);
  const reach = (kernel.length - 1) / 2;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      kernel.forEach((weight, k) => {
        sum += weight * (values[row * size + ((column + k - reach + size) % size)] as number);
      });
      out[column * size + row] = sum;
    }
  }
  return out;
}
