import type { Activations } from '../linalg/matrix.js';
import { midranks } from './ranks.js';

/**
 * Area under the ROC curve: how often a positive scores higher than a negative, ties counting half.
 * The same as scikit-learn's `roc_auc_score`.
 *
 * @param scores higher means more likely positive
 * @param positive whether each case is positive; in an array of numbers 0 is not and all others are
 * @returns a value in [0, 1]
 * @throws RangeError when the lengths differ, a score is NaN, or there are no positives or no negatives
 *
 * Method: sum of midranks (Mann–Whitney). Time n log n.
 */
export function rocAuc(scores: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  if (scores.length !== positive.length) {
    throw new RangeError(`rocAuc: expected ${scores.length} labels, found ${positive.length}`);
  }
  const ranks = midranks(scores);
  let positives = 0;
  let rankSum = 0;
  ranks.forEach((rank, i) => {
    if (!positive[i]) return;
    positives++;
    rankSum += rank;
  });
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0) {
    throw new RangeError(
      `rocAuc: expected both classes, found ${positives} positive and ${negatives} negative`,
    );
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

export interface OneVsRestOptions {
  /** A class without cases: an error that names it, or left out of the mean, where it would weigh nothing. */
  readonly absent: 'error' | 'skip';
  /** Names of the classes, for messages. */
  readonly classes?: readonly string[];
}

/** The AUC of each class against all others and their mean, weighted by the classes' number of cases. */
export interface OneVsRest {
  readonly auc: number;
  /** null for a class that is absent. */
  readonly perClass: readonly (number | null)[];
}

/**
 * AUC of several classes, one against the rest, weighted by prevalence: scikit-learn's
 * `roc_auc_score(multi_class='ovr', average='weighted')`. The scores of a case need not sum to 1.
 *
 * @param scores cases × classes
 * @param labels class number of each case, from 0
 * @throws RangeError when a label is no class, all cases are of one class, a score is NaN, or, with
 *   `absent: 'error'`, a class has no cases
 */
export function aucOneVsRest(
  scores: Activations,
  labels: ArrayLike<number>,
  options: OneVsRestOptions,
): OneVsRest {
  const counts = countClasses(scores, labels);
  const absent = counts.indexOf(0);
  if (absent !== -1 && options.absent === 'error') {
    throw new RangeError(
      `aucOneVsRest: expected cases of every class, found none of ${name(absent, options)}`,
    );
  }
  const perClass = counts.map((count, c) => (count === 0 ? null : aucOfClass(scores, labels, c)));
  const weighted = perClass.reduce<number>((sum, auc, c) => sum + (auc ?? 0) * (counts[c] as number), 0);
  return { auc: weighted / scores.rows, perClass };
}

function countClasses(scores: Activations, labels: ArrayLike<number>): number[] {
  if (labels.length !== scores.rows) {
    throw new RangeError(`aucOneVsRest: expected ${scores.rows} labels, found ${labels.length}`);
  }
  const counts = new Array<number>(scores.cols).fill(0);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const count = counts[label];
    if (count === undefined) {
      throw new RangeError(
        `aucOneVsRest: expected labels 0 to ${scores.cols - 1}, found ${label} in case ${i}`,
      );
    }
    counts[label] = count + 1;
  }
  return counts;
}

function aucOfClass(scores: Activations, labels: ArrayLike<number>, c: number): number {
  const ofClass = Float64Array.from(labels, (_, i) => scores.data[i * scores.cols + c] as number);
  return rocAuc(
    ofClass,
    Array.from(labels, (label) => label === c),
  );
}

function name(c: number, { classes }: OneVsRestOptions): string {
  const known = classes?.[c];
  return known === undefined ? `class ${c}` : `class "${known}"`;
}
