import { Random, seedFrom } from '@palimpsest/numerics';
import type { DropoutLayer } from './network.js';

/**
 * What dropout multiplies its input by in one step: 0 where a value is dropped, 1 / (1 − rate) elsewhere. The same for
 * every engine, and a function of seed and step alone.
 *
 * @param step counted from 1
 * @returns images × channels
 */
export function dropoutMask(
  { name, rate, output }: DropoutLayer,
  { images, seed, step }: { images: number; seed: number; step: number },
): Float32Array {
  const random = new Random(seedFrom('dropout', seed, step, name));
  const threshold = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  return new Float32Array(images * output.channels).map(() => (random.nextUint32() < threshold ? 0 : kept));
}
