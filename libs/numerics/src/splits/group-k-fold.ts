import { argsortAsNumpy } from './argsort.js';
import type { Split } from './split.js';
import { requireFolds } from './split.js';

/**
 * Folds in which all rows of a group stay together: the largest group first, each into the lightest fold.
 * Bit for bit scikit-learn 0.23's `GroupKFold(folds)`, in which ties of group size fall as numpy's unstable
 * sort leaves them.
 *
 * @param groups the group of each row, for instance a patient
 * @throws RangeError when there are no rows, or fewer groups than folds
 */
export function groupKFold(groups: readonly string[], folds: number): Split {
  requireFolds(groups.length, folds);
  const names = [...new Set(groups)].sort(byCodeUnit);
  if (names.length < folds) {
    throw new RangeError(
      `groupKFold: expected at least ${folds} groups for ${folds} folds, found ${names.length}`,
    );
  }
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const group = Int32Array.from(groups, (name) => numberOf.get(name) as number);
  const foldOfGroup = lightestFirst(countOf(group, names.length), folds);
  return { fold: group.map((g) => foldOfGroup[g] as number), warnings: [] };
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function countOf(group: Int32Array, groups: number): Int32Array {
  const counts = new Int32Array(groups);
  for (const g of group) counts[g] = (counts[g] as number) + 1;
  return counts;
}

function lightestFirst(sizes: Int32Array, folds: number): Int32Array {
  const weights = new Array<number>(folds).fill(0);
  const foldOfGroup = new Int32Array(sizes.length);
  for (const g of argsortAsNumpy(sizes).reverse()) {
    const lightest = weights.indexOf(Math.min(...weights));
    weights[lightest] = (weights[lightest] as number) + (sizes[g] as number);
    foldOfGroup[g] = lightest + 1;
  }
  return foldOfGroup;
}
