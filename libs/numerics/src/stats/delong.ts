import { rocAuc } from './auc.js';
import { normalQuantile } from './distributions.js';
import type { Interval } from './interval.js';
import { sd } from './moments.js';
import { midranks } from './ranks.js';

/** An AUC with its standard error and interval. */
export interface AucInterval extends Interval {
  readonly auc: number;
  readonly standardError: number;
}

/**
 * AUC with DeLong's interval, cut to [0, 1]. Cases must be independent: with several images a patient, resample
 * patients instead. At an AUC of 0 or 1 the standard error is 0 and the interval says too little.
 *
 * @param scores higher means more likely positive
 * @param positive whether each case is positive
 * @param level of confidence, in (0, 1)
 * @throws RangeError as `rocAuc`, and when there are fewer than two positives or negatives
 *
 * Method: structural components from midranks. Time n log n.
 * Reference: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837–845; Sun and Xu 2014, IEEE SPL 21.
 */
export function aucInterval(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  level: number,
): AucInterval {
  const auc = rocAuc(scores, positive);
  const all = midranks(scores);
  const variance = [true, false].reduce((sum, side) => sum + varianceOf({ scores, positive, all }, side), 0);
  const standardError = Math.sqrt(variance);
  const reach = normalQuantile((1 + level) / 2) * standardError;
  return { auc, standardError, low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) };
}

interface Ranked {
  scores: ArrayLike<number>;
  positive: ArrayLike<number | boolean>;
  all: Float64Array;
}

/** What one side, positives or negatives, adds to the variance: that of its cases' shares of the other side beaten. */
function varianceOf({ scores, positive, all }: Ranked, side: boolean): number {
  const cases = Array.from(all.keys()).filter((i) => Boolean(positive[i]) === side);
  if (cases.length < 2) {
    throw new RangeError(`aucInterval: expected at least 2 cases of each class, found ${cases.length}`);
  }
  const within = midranks(cases.map((i) => scores[i] as number));
  const others = all.length - cases.length;
  const shares = cases.map((i, k) => ((all[i] as number) - (within[k] as number)) / others);
  return sd(shares) ** 2 / cases.length;
}
