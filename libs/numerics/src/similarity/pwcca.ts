import { plain, type LinearAlgebra } from '../linalg/linear-algebra.js';
import type { Activations, Matrix } from '../linalg/matrix.js';
import { row } from '../linalg/matrix.js';
import type { Correlations } from './cca.js';
import { canonicalDirections, coefficientsOf } from './cca.js';
import { whiten } from './whiten.js';

/** Canonical correlations with the weight of each; the weights sum to 1. */
export interface WeightedCorrelations extends Correlations {
  readonly weights: readonly number[];
}

/**
 * Projection-weighted CCA: a canonical direction weighs as much as it accounts for of the *first* network,
 * Σⱼ |⟨hᵢ, xⱼ⟩| over its centred channels. Not symmetric.
 *
 * @param x n × p, row-major
 * @param y n × q, same points in the same order
 * @throws RangeError as `cca`
 *
 * Reference: Morcos, Raghu and Bengio 2018, NeurIPS 31, section 3.
 */
export function pwcca(
  x: Activations,
  y: Activations,
  options: { readonly epsilon: number; readonly algebra?: LinearAlgebra },
): WeightedCorrelations {
  const { algebra = plain } = options;
  const first = whiten(x, options);
  const { svd, warnings } = canonicalDirections(first, whiten(y, options), algebra);
  const projections = algebra.times(svd.left, algebra.times(first.transform, first.gram));
  return { coefficients: coefficientsOf(svd), weights: shares(projections), warnings };
}

function shares(projections: Matrix): number[] {
  const lengths = Array.from({ length: projections.rows }, (_, i) =>
    row(projections, i).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) => length / total);
}
