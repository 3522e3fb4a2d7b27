import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupKFold } from './group-k-fold.js';
import { nestedSplit } from './nested-split.js';
import { stratifiedKFold } from './stratified-k-fold.js';

const groups = Array.from({ length: 60 }, (_, i) => `p${(i * i * 7 + 3 * i) % 17}`);
const unordered = [['b', 7] as const, ['a', 12] as const, ['c', 6] as const].flatMap(([label, rows]) =>
  new Array<string>(rows).fill(label),
);
const labels = Array.from({ length: 25 }, (_, i) => unordered[(i * 11) % 25]!);

// scikit-learn 1.9.1; the two classes have not changed since 0.23
describe('groupKFold', () => {
  it('cuts as scikit-learn does', () => {
    const cycle = [1, 1, 1, 4, 3, 2, 3, 2, 4, 1, 1, 4, 2, 3, 2, 3, 4];
    const expected = groups.map((_, i) => cycle[i % 17]);
    expect(Array.from(groupKFold(groups, 4).fold)).toEqual(expected);
  });

  it('keeps groups whole and fills every fold, none heavier than the lightest by more than a group', () => {
    const patients = fc.array(fc.integer({ min: 0, max: 20 }).map(String), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(patients, fc.integer({ min: 2, max: 6 }), (rows, folds) => {
        fc.pre(new Set(rows).size >= folds);
        const { fold } = groupKFold(rows, folds);
        expect(new Set(rows.map((group, i) => `${group} ${fold[i]!}`)).size).toBe(new Set(rows).size);
        const sizes = Array.from({ length: folds }, (_, f) => fold.filter((x) => x === f + 1).length);
        const largest = Math.max(...rows.map((group) => rows.filter((other) => other === group).length));
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(largest);
      }),
      { seed: 1 },
    );
  });

  it('refuses fewer groups than folds, no rows, and one fold', () => {
    expect(() => groupKFold(['a', 'b', 'a'], 3)).toThrow('at least 3 groups for 3 folds, found 2');
    expect(() => groupKFold([], 2)).toThrow('at least 2 rows for 2 folds, found 0');
    expect(() => groupKFold(['a', 'b'], 1)).toThrow('an integer of at least 2, found 1');
  });
});

describe('stratifiedKFold', () => {
  it.each([
    [2, [3, 5, 2, 3, 5, 1, 3, 2, 1, 1, 4, 3, 3, 2, 2, 5, 5, 1, 4, 2, 5, 4, 4, 1, 4]],
    [null, [1, 1, 1, 1, 2, 1, 2, 2, 2, 3, 3, 4, 3, 3, 2, 4, 3, 4, 5, 4, 5, 4, 5, 5, 5]],
  ])('cuts as scikit-learn does with seed %s', (seed, expected) => {
    expect(Array.from(stratifiedKFold(labels, 5, seed).fold)).toEqual(expected);
  });

  it('shares every class and all rows out evenly, to one row', () => {
    const rows = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 2, max: 6 }), fc.nat(), (y, folds, seed) => {
        const { fold } = stratifiedKFold(y, folds, seed);
        for (const label of [undefined, 'a', 'b', 'c']) {
          const sizes = Array.from(
            { length: folds },
            (_, f) => y.filter((l, i) => fold[i] === f + 1 && (label === undefined || l === label)).length,
          );
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 1 },
    );
  });

  it('warns of a class that is too small for the folds, and refuses when all are', () => {
    const few = ['a', 'a', 'a', 'a', 'b'];
    expect(stratifiedKFold(few, 3, 0).warnings).toEqual(['class "b" has 1 rows, fewer than the 3 folds']);
    expect(() => stratifiedKFold(['a', 'a', 'b', 'b'], 3, 0)).toThrow(
      'a class of at least 3 rows, the largest has 2',
    );
    expect(() => stratifiedKFold([], 5, 0)).toThrow('at least 5 rows for 5 folds, found 0');
  });
});

describe('nestedSplit', () => {
  const rows = labels.map((_, i) => 100 + i);

  it('takes the last fifth of the labels for validation, unshuffled', () => {
    const { validation, test } = nestedSplit(rows, { labels });
    expect(validation).toEqual([118, 120, 122, 123, 124]);
    expect([...validation, ...test].sort()).toEqual(rows);
  });

  it('takes the last of four folds of groups for validation, patients kept whole', () => {
    const { validation, test } = nestedSplit(Array.from(groups.keys()), { groups });
    expect(validation).toEqual([3, 8, 11, 16, 20, 25, 28, 33, 37, 42, 45, 50, 54, 59]);
    const tested = new Set(test.map((row) => groups[row]));
    expect(validation.some((row) => tested.has(groups[row]))).toBe(false);
  });

  it('refuses a key for every other row', () => {
    expect(() => nestedSplit(rows, { labels: ['a'] })).toThrow('expected 25 groups or labels, found 1');
  });
});
