import type { Activations } from '../linalg/matrix.js';
import { Random } from '../random/random.js';
import type { Seed } from '../random/seed.js';
import type { Measure, MeasureOptions, Similarity } from './measures.js';

/**
 * What a measure gives by chance: the same activations, with the points of y in random order, so that each
 * network is as it was and nothing is left in common. Subtract it, or at least show it.
 *
 * @throws RangeError as the measure
 */
export function permutationBaseline(
  measure: Measure,
  x: Activations,
  y: Activations,
  options: MeasureOptions & { readonly seed: Seed },
): Similarity {
  return measure.compute(x, permutePoints(y, options.seed), options);
}

function permutePoints(y: Activations, seed: Seed): Activations {
  const order = new Random(seed).shuffle(Int32Array.from({ length: y.rows }, (_, i) => i));
  const data = y.data.slice();
  order.forEach((from, to) => data.set(y.data.subarray(from * y.cols, (from + 1) * y.cols), to * y.cols));
  return { ...y, data };
}
