import { groupKFold } from './group-k-fold.js';
import { stratifiedKFold } from './stratified-k-fold.js';

/** What decides the cut, row by row: patients to keep together, or labels to share out evenly. */
export type SplitKey = { readonly groups: readonly string[] } | { readonly labels: readonly string[] };

/** A held-out fold cut in two: rows that stop the training and rows that judge it. */
export interface NestedSplit {
  readonly validation: readonly number[];
  readonly test: readonly number[];
  readonly warnings: readonly string[];
}

/**
 * Cuts a held-out fold again, so that early stopping and the judgement see different images.
 * With groups, the last fold of GroupKFold(4) stops the training; with labels, the last fold of
 * StratifiedKFold(5) unshuffled does. The rest is the test set.
 *
 * @param rows the rows of the held-out fold, in the order of the dataset
 * @param key the group, or the label, of each of these rows
 * @throws RangeError when key and rows differ in length, or there are too few groups or rows
 */
export function nestedSplit(rows: readonly number[], key: SplitKey): NestedSplit {
  const keys = 'groups' in key ? key.groups : key.labels;
  if (keys.length !== rows.length) {
    throw new RangeError(`nestedSplit: expected ${rows.length} groups or labels, found ${keys.length}`);
  }
  const folds = 'groups' in key ? 4 : 5;
  const { fold, warnings } = 'groups' in key ? groupKFold(keys, folds) : stratifiedKFold(keys, folds, null);
  return {
    validation: rows.filter((_, i) => fold[i] === folds),
    test: rows.filter((_, i) => fold[i] !== folds),
    warnings,
  };
}
