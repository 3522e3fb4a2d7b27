import { plain } from '../linalg/linear-algebra.js';
import type { Activations, Matrix } from '../linalg/matrix.js';
import { centredChannels } from '../linalg/matrix.js';

/**
 * Linear centred kernel alignment, ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖) in Frobenius norms. Unlike CCA it changes under an
 * invertible map of one network, but not under a rotation or one scale for all channels.
 *
 * @param x n × p, row-major: one data point a row. Need not be centred.
 * @param y n × q, same points in the same order
 * @returns a value in [0, 1]; 0 with a warning when all channels of a network are constant
 * @throws RangeError when x and y differ in points, or hold a value that is not finite
 *
 * Method: products of the centred channels. Time n(p² + q² + pq).
 * Reference: Kornblith, Norouzi, Lee and Hinton 2019, ICML, section 3.
 */
export function linearCka(
  x: Activations,
  y: Activations,
  algebra = plain,
): { value: number; warnings: readonly string[] } {
  if (x.rows !== y.rows) {
    throw new RangeError(`cka: expected the same points in both networks, found ${x.rows} and ${y.rows}`);
  }
  const [first, second] = [centredChannels(x), centredChannels(y)];
  const size = norm(algebra.timesTransposed(first, first)) * norm(algebra.timesTransposed(second, second));
  if (size === 0) return { value: 0, warnings: ['all channels of a network are constant'] };
  const most = Math.max(x.cols, y.cols);
  const few = `only ${x.rows} points for ${most} channels: CKA is too high; compare with the baseline`;
  return {
    value: Math.min(1, norm(algebra.timesTransposed(first, second)) ** 2 / size),
    warnings: x.rows < most ? [few] : [],
  };
}

function norm(a: Matrix): number {
  return Math.sqrt(a.data.reduce((sum, value) => sum + value * value, 0));
}
