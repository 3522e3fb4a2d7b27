import { Mt19937 } from '../random/mt19937.js';
import type { Split } from './split.js';
import { requireFolds } from './split.js';

/**
 * Folds with the same share of every class. Bit for bit scikit-learn 0.23's
 * `StratifiedKFold(folds, shuffle=True, random_state=seed)`, or `shuffle=False` when the seed is null.
 *
 * @param labels the class of each row
 * @throws RangeError when there are fewer rows than folds, or fewer than `folds` rows in every class.
 *   A class that alone is too small gives a warning: some folds hold none of it.
 */
export function stratifiedKFold(labels: readonly string[], folds: number, seed: number | null): Split {
  requireFolds(labels.length, folds);
  const rowsOf = rowsByClass(labels);
  const sizes = [...rowsOf.values()].map((rows) => rows.length);
  if (sizes.every((size) => size < folds)) {
    throw new RangeError(
      `stratifiedKFold: expected a class of at least ${folds} rows, the largest has ${Math.max(...sizes)}`,
    );
  }
  const generator = seed === null ? undefined : new Mt19937(seed);
  const fold = new Int32Array(labels.length);
  let start = 0;
  for (const rows of rowsOf.values()) {
    const foldsOfClass = allocate(start, rows.length, folds);
    generator?.shuffle(foldsOfClass);
    rows.forEach((row, i) => (fold[row] = foldsOfClass[i] as number));
    start += rows.length;
  }
  return { fold, warnings: smallClasses(rowsOf, folds) };
}

/** Classes in the order of their first row, as scikit-learn numbers them. */
function rowsByClass(labels: readonly string[]): Map<string, number[]> {
  const rowsOf = new Map<string, number[]>();
  labels.forEach((label, row) => {
    const rows = rowsOf.get(label);
    if (rows) rows.push(row);
    else rowsOf.set(label, [row]);
  });
  return rowsOf;
}

/** Deals the places start … start + size − 1 of the sorted labels out to the folds in turn, then sorts. */
function allocate(start: number, size: number, folds: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => ((start + i) % folds) + 1).sort();
}

function smallClasses(rowsOf: Map<string, number[]>, folds: number): string[] {
  return [...rowsOf]
    .filter(([, rows]) => rows.length < folds)
    .map(([label, rows]) => `class "${label}" has ${rows.length} rows, fewer than the ${folds} folds`);
}
