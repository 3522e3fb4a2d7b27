import { expect, it } from 'vitest';
import { assignFolds } from './assign-folds.js';
import type { LabelledImage } from './read-dataset.js';

const split = { folds: 4, group: 'patient', seed: 2, holdout: 'shared' } as const;

/** Images i = 0, 1, …: three a patient, labels a and b in turn by fours of patients. */
function cohort(patients: number): LabelledImage[] {
  return Array.from({ length: 3 * patients }, (_, i) => {
    const patient = Math.floor(i / 3);
    return { path: `${i}.png`, label: patient % 8 < 4 ? 'a' : 'b', patient: `p${patient}` };
  });
}

function without(images: LabelledImage[]): LabelledImage[] {
  return images.map((image) => ({ ...image, patient: null }));
}

it('holds all images of a patient out together, each once', () => {
  const images = cohort(20);
  const { placements, warnings } = assignFolds(images, split);
  expect(warnings).toEqual([]);
  expect(new Set(placements.map(({ fold }) => fold))).toEqual(new Set([1, 2, 3, 4]));
  images.forEach((_, i) => expect(placements[i]).toEqual(placements[3 * Math.floor(i / 3)]));
});

it('shares labels out evenly when there is no group, by the seed', () => {
  const images = without(cohort(20));
  const { placements } = assignFolds(images, { ...split, group: 'none' });
  for (const fold of [1, 2, 3, 4]) {
    const held = images.filter((_, i) => placements[i]?.fold === fold);
    expect(held.filter(({ label }) => label === 'a').length).toBeCloseTo(7.5, -0.5);
    expect(held).toHaveLength(15);
  }
  expect(assignFolds(images, { ...split, group: 'none' }).placements).toEqual(placements);
  expect(assignFolds(images, { ...split, group: 'none', seed: 3 }).placements).not.toEqual(placements);
});

it('cuts each fold by patient when the holdout is nested', () => {
  const images = cohort(32);
  const { placements } = assignFolds(images, { ...split, holdout: 'nested' });
  images.forEach((_, i) => expect(placements[i]).toEqual(placements[3 * Math.floor(i / 3)]));
  for (const fold of [1, 2, 3, 4]) {
    const roles = placements.filter((placement) => placement.fold === fold).map(({ role }) => role);
    expect(roles.filter((role) => role === 'validation')).toHaveLength(6);
    expect(roles.filter((role) => role === 'test')).toHaveLength(18);
  }
});

it('cuts each fold by label when the holdout is nested and there is no group', () => {
  const { placements } = assignFolds(without(cohort(20)), { ...split, group: 'none', holdout: 'nested' });
  const first = placements.filter(({ fold }) => fold === 1).map(({ role }) => role);
  expect(first.filter((role) => role === 'validation')).toHaveLength(3);
  expect(first.filter((role) => role === 'test')).toHaveLength(12);
});

it('says what to set when patients are needed and not known', () => {
  expect(() => assignFolds(without(cohort(8)), split)).toThrow(
    /expected the patient of every image, found none: this dataset knows no patients;.* set `group: none`/,
  );
  const some = cohort(8).map((image, i) => (i === 5 ? { ...image, patient: null } : image));
  expect(() => assignFolds(some, split)).toThrow('found none for 1 of 24 images (5.png)');
});

it('says what there is too little of', () => {
  expect(() => assignFolds(cohort(3), split)).toThrow(/^cannot split into 4 folds: .*4.*3/);
  expect(() => assignFolds(cohort(8), { ...split, holdout: 'nested' })).toThrow(
    /^cannot split into fold 1, holdout `nested`: .*4.*2/,
  );
});

it('warns of a part that lacks a class', () => {
  const images = cohort(8).map((image) => ({
    ...image,
    label: image.patient === 'p0' ? 'rare' : image.label,
  }));
  const { placements, warnings } = assignFolds(images, split);
  const home = placements[0]?.fold;
  const expected = [1, 2, 3, 4]
    .filter((fold) => fold !== home)
    .map((fold) => `fold ${fold} holds no image of class rare`);
  expect(warnings.filter((warning) => warning.includes('rare'))).toEqual(expected);
});

it('warns of patients that a split without regard to them tears apart', () => {
  const { warnings } = assignFolds(cohort(8), { ...split, group: 'none' });
  expect(warnings[0]).toMatch(/^`group: none` puts images of \d patients in more than one fold: p/);
});
