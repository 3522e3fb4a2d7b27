import { existsSync, readFileSync } from 'node:fs';
import { Mt19937, groupKFold, stratifiedKFold } from '@palimpsest/numerics';
import { describe, expect, it } from 'vitest';

const golden = new URL('../../../shared/golden/folds/', import.meta.url);
const there = existsSync(golden);

interface Row {
  row: number;
  label: string;
  patient: string;
  fold: number;
}

function readFolds(target: string): Row[] {
  const [, ...lines] = readFileSync(new URL(`${target}.csv`, golden), 'utf8')
    .trim()
    .split(/\r?\n/);
  return lines.map((line) => {
    const [row, , label, patient, fold] = line.split(',');
    return { row: Number(row), label: label!, patient: patient!, fold: Number(fold) };
  });
}

describe.skipIf(!there)(`folds of the paper${there ? '' : ' (skipped: ../shared not there)'}`, () => {
  it.each([
    ['thyroid', 480],
    ['chest', 5856],
    ['mammograms', 3568],
    ['knee', 5222],
  ])('keep the patients of %s together in the same folds, row by row', (target, images) => {
    const rows = readFolds(target);
    expect(rows).toHaveLength(images);
    const { fold } = groupKFold(
      rows.map((row) => row.patient),
      5,
    );
    expect(Array.from(fold)).toEqual(rows.map((row) => row.fold));
  });

  it.each([
    ['breast', 780],
    ['isic', 10_015],
    ['pcam-small', 10_000],
  ])('stratify %s with seed 2 into the same folds, row by row', (target, images) => {
    const listed = readFolds(target);
    expect(listed).toHaveLength(images);
    const rows = target === 'pcam-small' ? asSampled(listed) : listed;
    const { fold, warnings } = stratifiedKFold(
      rows.map((row) => row.label),
      5,
      2,
    );
    expect(Array.from(fold)).toEqual(rows.map((row) => row.fold));
    expect(warnings).toEqual([]);
  });

  /** pcam-small is pandas' `sample(10000, random_state=22)` of 286,452 images, and was split in that order. */
  function asSampled(listed: Row[]): Row[] {
    const drawn = new Mt19937(22).shuffle(Array.from({ length: 286_452 }, (_, i) => i)).slice(0, 10_000);
    const byRow = new Map(listed.map((row) => [row.row, row]));
    return drawn.map((row) => byRow.get(row)!);
  }
});
