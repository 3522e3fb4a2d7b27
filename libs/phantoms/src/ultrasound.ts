import { below, ridge, smoothNoise, type Field } from './field.js';
import { between, type RandomSource } from './random.js';
import { speckle } from './speckle.js';

/**
 * Echo of layered tissue under a probe at the upper border: skin, fat with septa, a bright fascia, gland, and muscle
 * with its fibres. About 0.1 to 1.
 */
export function layeredTissue(random: RandomSource): Field {
  const wave = smoothNoise(random, 2.5);
  const lobules = smoothNoise(random, 7);
  const mottle = smoothNoise(random, 14);
  const fascia = between(random, -0.7, -0.45);
  const muscle = between(random, 0.6, 0.85);
  const fatEcho = between(random, 0.12, 0.22);
  const glandEcho = between(random, 0.42, 0.58);
  const fibres = between(random, 28, 40);
  const tilt = between(random, -0.15, 0.15);
  return (x, y) => {
    const depth = y + 0.07 * wave(x, y) + tilt * x * 0.5;
    const fat = fatEcho + 0.22 * ridge(lobules(x, y), 0.2);
    const gland = glandEcho + 0.1 * mottle(x, y) + 0.1 * lobules(x, y);
    const fibrous = 0.22 + 0.14 * Math.sin(fibres * (depth + 0.2 * tilt * x)) + 0.06 * mottle(x, y);
    const upper = below(depth - fascia, 0.04);
    const lower = below(muscle - depth, 0.05);
    const tissue = fat * upper + gland * (1 - upper) * (1 - lower) + fibrous * lower;
    return (
      tissue +
      0.4 * ridge(depth - fascia, 0.05) +
      0.35 * ridge(depth - muscle, 0.05) +
      0.5 * below(depth + 0.93, 0.03)
    );
  };
}

/**
 * What the machine shows of an echo: speckled, weaker with depth, compressed.
 *
 * @param strength of the speckle: 0 for none, 1 for fully developed speckle
 */
export function scan(echo: Field, random: RandomSource, size: number, strength: number): Field {
  const grains = speckle(random, size);
  const gain = between(random, 0.8, 1);
  const attenuation = between(random, 0.05, 0.2);
  return (x, y) => {
    const amplitude = echo(x, y) * (1 + strength * (grains(x, y) - 1));
    return gain * (1 - attenuation * (y + 1)) * Math.sqrt(Math.max(amplitude, 0)) - 0.05;
  };
}
