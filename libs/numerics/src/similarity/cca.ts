import { plain, type LinearAlgebra } from '../linalg/linear-algebra.js';
import type { Activations } from '../linalg/matrix.js';
import type { Svd } from '../linalg/svd.js';
import type { Whitened } from './whiten.js';
import { requirePoints, whiten } from './whiten.js';

/** Canonical correlations, largest first, and what to tell the user about them. */
export interface Correlations {
  readonly coefficients: readonly number[];
  readonly warnings: readonly string[];
}

/**
 * Canonical correlations between two sets of activations, largest first.
 *
 * @param x n × p, row-major: one data point a row. Need not be centred.
 * @param y n × q, same points in the same order.
 * @returns min(p, q) values in [0, 1], without the channels that are constant; none when all of a network are
 * @throws RangeError when n − 1 <= max(p, q), since every correlation would be 1 and mean nothing; when x and y
 *   differ in points, or hold a value that is not finite
 *
 * Method: singular values of Sxx^−½ Sxy Syy^−½ in float64, regularised as in google/svcca's
 * `get_cca_similarity`. Time n(p² + q² + pq), memory n(p + q).
 * Reference: Björck and Golub 1973, Math. Comp. 27, 579–594. Agrees with numpy to 1e-9 (test/parity).
 */
export function cca(
  x: Activations,
  y: Activations,
  options: { readonly epsilon: number; readonly algebra?: LinearAlgebra },
): Correlations {
  const first = whiten(x, options);
  return ccaFromWhitened(first, y === x ? first : whiten(y, options), options.algebra);
}

/** `cca` of two networks that were whitened before, with the same epsilon. */
export function ccaFromWhitened(x: Whitened, y: Whitened, algebra?: LinearAlgebra): Correlations {
  const { svd, warnings } = canonicalDirections(x, y, algebra);
  return { coefficients: coefficientsOf(svd), warnings };
}

/** Singular values are at most 1 but for rounding. */
export function coefficientsOf(svd: Svd): number[] {
  return Array.from(svd.values, (value) => Math.min(1, value));
}

/** The singular decomposition behind the correlations: left vectors belong to x, right vectors to y. */
export function canonicalDirections(
  x: Whitened,
  y: Whitened,
  algebra = plain,
): { svd: Svd; warnings: string[] } {
  requireComparable(x, y);
  const cross = algebra.timesTransposed(x.centred, y.centred);
  const halfWhite = algebra.times(x.transform, cross);
  const svd = algebra.singularValues(algebra.timesTransposed(halfWhite, y.transform));
  return { svd, warnings: pairWarnings(x, y) };
}

function requireComparable(x: Whitened, y: Whitened): void {
  if (x.points !== y.points) {
    throw new RangeError(`cca: expected the same points in both networks, found ${x.points} and ${y.points}`);
  }
  const most = Math.max(x.transform.rows, y.transform.rows);
  requirePoints(x.points, most);
}

function pairWarnings(x: Whitened, y: Whitened): string[] {
  const most = Math.max(x.transform.rows, y.transform.rows);
  const few = `only ${x.points} points for ${most} channels: correlations are too high; compare with the baseline`;
  return [
    ...x.warnings.map((warning) => `first network: ${warning}`),
    ...y.warnings.map((warning) => `second network: ${warning}`),
    ...(x.points < 10 * most ? [few] : []),
  ];
}
