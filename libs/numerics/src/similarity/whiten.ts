import type { Eigen } from '../linalg/eigen.js';
import { plain, type LinearAlgebra } from '../linalg/linear-algebra.js';
import type { Activations, Matrix } from '../linalg/matrix.js';
import { centredChannels, takeRows, zeros } from '../linalg/matrix.js';

/** What every comparison with a network needs of it. Made once by `whiten`, used for any number of pairs. */
export interface Whitened {
  readonly points: number;
  /** Kept channels × points, each with mean zero. */
  readonly centred: Matrix;
  /** Kept × kept: products of the centred channels. */
  readonly gram: Matrix;
  /** Directions × kept: takes the centred channels to uncorrelated directions of length one. */
  readonly transform: Matrix;
  readonly warnings: readonly string[];
}

export interface WhitenOptions {
  /**
   * Regularisation as in google/svcca, in units of the largest entry of the covariance: channels with less
   * variance are left out, and it is added to the diagonal.
   */
  readonly epsilon: number;
  /** Keep only the largest directions that hold this share of the variance, in (0, 1]; all when left out. */
  readonly variance?: number;
  /** What computes; the plain one when left out. */
  readonly algebra?: LinearAlgebra;
}

/**
 * The whitening S^−½ of a network's activations, the half of CCA that does not depend on the other network.
 *
 * @param x n × p, row-major: one data point a row. Need not be centred.
 * @throws RangeError when x does not fill its shape, has fewer than 2 points or no channel, or holds a value
 *   that is not finite; when epsilon is negative or variance outside (0, 1]; when all variance is kept and
 *   n − 1 <= p, since every correlation would be 1
 *
 * Method: eigenvectors of the covariance divided by its largest |entry|, plus epsilon. Eigenvalues not above
 * rounding (p·2⁻⁵² of the largest, negative ones too) count as no variance, with a warning; the original
 * clamps at 10⁻¹⁵ and gives NaN below zero. Time np² + p³, memory np.
 */
export function whiten(x: Activations, options: WhitenOptions): Whitened {
  requireOptions(options);
  const channels = centredChannels(x);
  const { kept, largest } = varying(channels, options.epsilon);
  if (options.variance === undefined) requirePoints(x.rows, kept.length);
  const centred = kept.length === x.cols ? channels : takeRows(channels, kept);
  const gram = (options.algebra ?? plain).timesTransposed(centred, centred);
  const { transform, clamped } = inverseRoot(gram, largest, options);
  return {
    points: x.rows,
    centred,
    gram,
    transform,
    warnings: warningsOf(x.cols, kept.length, clamped),
  };
}

function requireOptions({ epsilon, variance = 1 }: WhitenOptions): void {
  if (!(epsilon >= 0 && epsilon < Infinity)) {
    throw new RangeError(`epsilon: expected a number of at least 0, found ${epsilon}`);
  }
  if (!(variance > 0 && variance <= 1))
    throw new RangeError(`variance: expected a share in (0, 1], found ${variance}`);
}

/** @throws RangeError when every correlation would be 1: centred points span at most n − 1 directions */
export function requirePoints(points: number, channels: number): void {
  if (points - 1 <= channels) {
    throw new RangeError(
      `cca: expected more than ${channels + 1} points for ${channels} channels, found ${points}`,
    );
  }
}

/** Channels whose variance is at least epsilon of the largest, which no covariance exceeds; never a constant one. */
function varying(channels: Matrix, epsilon: number): { kept: number[]; largest: number } {
  const variances = Array.from({ length: channels.rows }, (_, i) => {
    const row = channels.data.subarray(i * channels.cols, (i + 1) * channels.cols);
    return row.reduce((sum, value) => sum + value * value, 0);
  });
  const largest = variances.reduce((max, value) => Math.max(max, value), 0);
  const kept = largest === 0 ? [] : variances.flatMap((value, i) => (value / largest >= epsilon ? [i] : []));
  return { kept, largest };
}

/** Rows vᵢ/√(λᵢ + ε) of the kept directions; a direction without variance is a row of zeros. */
function inverseRoot(
  gram: Matrix,
  largest: number,
  options: WhitenOptions,
): { transform: Matrix; clamped: number } {
  const scaled = { ...gram, data: gram.data.map((value) => value / largest) };
  const eigen = (options.algebra ?? plain).eigenSymmetric(scaled);
  const directions = directionsKept(eigen, options.variance ?? 1);
  const transform = zeros(directions, gram.rows);
  const floor = ((eigen.values[0] ?? 0) + options.epsilon) * gram.rows * Number.EPSILON;
  let clamped = 0;
  for (let i = 0; i < directions; i++) {
    const value = (eigen.values[i] as number) + options.epsilon;
    if (value <= floor) {
      clamped++;
      continue;
    }
    const factor = 1 / Math.sqrt(value * largest);
    for (let k = i * gram.rows; k < (i + 1) * gram.rows; k++) {
      transform.data[k] = (eigen.vectors.data[k] as number) * factor;
    }
  }
  return { transform, clamped };
}

function directionsKept({ values }: Eigen, share: number): number {
  if (share === 1) return values.length;
  const enough = share * values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let held = 0;
  return values.findIndex((value) => (held += Math.max(0, value)) >= enough) + 1;
}

function warningsOf(channels: number, kept: number, clamped: number): string[] {
  const warnings: string[] = [];
  if (kept < channels) {
    warnings.push(`${channels - kept} of ${channels} channels are constant and were left out`);
  }
  if (clamped > 0) {
    warnings.push(
      `${clamped} of ${kept} directions have no variance beyond rounding: their correlations count as 0`,
    );
  }
  return warnings;
}
