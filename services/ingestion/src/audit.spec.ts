import { expect, it } from 'vitest';
import { auditDuplicates } from './audit.js';

const image = (path: string, sha256: string, label = 'a', fold = 1) => ({ path, label, fold, sha256 });

it('finds nothing where all images differ', () => {
  expect(auditDuplicates([image('1', 'x'), image('2', 'y')])).toEqual({ duplicates: [], warnings: [] });
});

it('lists files that are the same, without a warning when that does no harm', () => {
  expect(auditDuplicates([image('1', 'x'), image('2', 'y'), image('3', 'x')])).toEqual({
    duplicates: [['1', '3']],
    warnings: [],
  });
});

it('warns of the same image under two labels and in two folds', () => {
  const images = [
    image('1', 'x', 'a', 1),
    image('2', 'x', 'b', 1),
    image('3', 'y', 'a', 1),
    image('4', 'y', 'a', 2),
  ];
  expect(auditDuplicates(images)).toEqual({
    duplicates: [
      ['1', '2'],
      ['3', '4'],
    ],
    warnings: [
      'the same image under two labels: 1 (1 = 2)',
      'the same image in two folds, so a network is judged on what it was trained on: 1 (3 = 4)',
    ],
  });
});

it('warns of a path that is listed twice, with one label or two', () => {
  const { duplicates, warnings } = auditDuplicates([
    image('1', 'x', 'a'),
    image('1', 'x', 'b'),
    image('2', 'y'),
  ]);
  expect(duplicates).toEqual([]);
  expect(warnings).toEqual(['images listed more than once: 1 (1)', 'the same image under two labels: 1 (1)']);
});
