/** A cross-validation split: the fold, 1 to k, in which each row is held out, and what to tell the user. */
export interface Split {
  readonly fold: Int32Array;
  readonly warnings: readonly string[];
}

/** @throws RangeError unless folds is an integer of at least 2 and there are as many rows */
export function requireFolds(rows: number, folds: number): void {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new RangeError(`folds: expected an integer of at least 2, found ${folds}`);
  }
  if (rows < folds)
    throw new RangeError(`folds: expected at least ${folds} rows for ${folds} folds, found ${rows}`);
}
