import { studentCritical, studentTwoSided } from './distributions.js';
import type { Interval } from './interval.js';
import { mean, sd } from './moments.js';

/** How much better a is than b, with its certainty. */
export interface PairedDifference extends Interval {
  /** Mean of a − b over folds. */
  readonly difference: number;
  readonly standardError: number;
  readonly t: number;
  readonly degreesOfFreedom: number;
  /** Two-sided: how often folds would differ at least so much if a and b were equally good. */
  readonly p: number;
}

/**
 * Difference of two settings over the same folds of a cross-validation, by the corrected resampled t test. The
 * training sets of folds overlap, so a plain paired t test is too sure of itself: its variance σ²/k is raised to
 * σ²(1/k + test/train).
 *
 * @param a score of the first setting in each fold
 * @param b score of the second setting in the same folds
 * @param level of confidence of the interval, in (0, 1)
 * @param testToTrain size of a test set over that of its training set; 1/(k − 1) for k folds
 * @throws RangeError when a and b differ in length or there are fewer than two folds
 *
 * Reference: Nadeau and Bengio 2003, Machine Learning 52, 239–281.
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  level: number,
  testToTrain = 1 / (a.length - 1),
): PairedDifference {
  const folds = a.length;
  if (folds !== b.length || folds < 2) {
    throw new RangeError(
      `pairedDifference: expected at least 2 folds of each, found ${folds} and ${b.length}`,
    );
  }
  const differences = Float64Array.from(a, (value, i) => value - (b[i] as number));
  const difference = mean(differences);
  const standardError = sd(differences) * Math.sqrt(1 / folds + testToTrain);
  const t = difference === 0 ? 0 : difference / standardError;
  const reach = studentCritical(1 - level, folds - 1) * standardError;
  return {
    difference,
    standardError,
    t,
    degreesOfFreedom: folds - 1,
    p: studentTwoSided(t, folds - 1),
    low: difference - reach,
    high: difference + reach,
  };
}
