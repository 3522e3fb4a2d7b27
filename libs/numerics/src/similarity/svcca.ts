import type { LinearAlgebra } from '../linalg/linear-algebra.js';
import type { Activations } from '../linalg/matrix.js';
import type { Correlations } from './cca.js';
import { ccaFromWhitened } from './cca.js';
import { whiten } from './whiten.js';

/**
 * CCA between the leading principal directions of each network, those that hold 99 % of its variance.
 * Small directions, mostly noise, then count no more; the networks may keep different numbers of them.
 *
 * @param x n × p, row-major
 * @param y n × q, same points in the same order
 * @throws RangeError as `cca`, for the directions kept instead of the channels
 *
 * Reference: Raghu, Gilmer, Yosinski and Sohl-Dickstein 2017, NeurIPS 30, section 2.
 */
export function svcca(
  x: Activations,
  y: Activations,
  options: { readonly epsilon: number; readonly algebra?: LinearAlgebra },
): Correlations {
  const kept = { ...options, variance: 0.99 };
  return ccaFromWhitened(whiten(x, kept), whiten(y, kept), options.algebra);
}
