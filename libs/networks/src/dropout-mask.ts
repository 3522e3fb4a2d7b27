import { Random, seedFrom } from '@palimpsest/numerics';
import type { DropoutLayer } from './network.js';

/**
 * What dropout multiplies its input by in one step: 0 where a value is dropped, 1 / (1 − rate) elsewhere. The same for
 * every engine, and a function of seed, step and part alone.
 *
 * @param at.step counted from 1
 * @param at.part of a step in parts, counted from 0
 * @returns images × channels
 */
export function dropoutMask(
  { name, rate, output }: DropoutLayer,
  { images, seed, step, part = 0 }: { images: number; seed: number; step: number; part?: number },
): Float32Array {
  const random = new Random(seedFrom('dropout', seed, step, name, ...(part > 0 ? [part] : [])));
  const threshold = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  return new Float32Array(images * output.channels).map(() => (random.nextUint32() < threshold ? 0 : kept));
}
