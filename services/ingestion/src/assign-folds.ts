import { PlatformError, type Dataset, type Manifest, type ManifestImage } from '@palimpsest/contracts';
import { groupKFold, nestedSplit, stratifiedKFold } from '@palimpsest/numerics';
import { groupBy } from './group-by.js';
import { listNames } from './list-names.js';
import type { LabelledImage } from './read-dataset.js';

/** When an image is held out, and what it does then. */
export type Placement = Pick<ManifestImage, 'fold' | 'role'>;

export interface Assignment {
  /** One an image, in their order. */
  placements: Placement[];
  warnings: string[];
}

type Options = Dataset['split'] & Pick<Manifest, 'holdout'>;

/**
 * Freezes the folds of a cross-validation: by patient as scikit-learn's GroupKFold, or stratified by label as its
 * StratifiedKFold. With the holdout `nested` a part of each fold stops the training and the rest is judged.
 *
 * @param images in the dataset's own order
 * @throws PlatformError `invalid` when patients are needed and not known, or there are too few to split
 */
export function assignFolds(images: readonly LabelledImage[], options: Options): Assignment {
  const patients = options.group === 'patient' ? patientsOf(images) : undefined;
  const labels = images.map(({ label }) => label);
  const split = attempt(`${options.folds} folds`, () =>
    patients ? groupKFold(patients, options.folds) : stratifiedKFold(labels, options.folds, options.seed),
  );
  const warnings = [...split.warnings];
  const placements = Array.from(split.fold, (fold): Placement => ({ fold, role: 'both' }));
  if (options.holdout === 'nested') {
    for (let fold = 1; fold <= options.folds; fold++) {
      warnings.push(...cut(placements, fold, patients ? { groups: patients } : { labels }));
    }
  }
  if (patients) requireWholePatients(patients, placements);
  else warnings.push(...sharedPatients(images, placements));
  return { placements, warnings: [...warnings, ...absentClasses(labels, placements)] };
}

function patientsOf(images: readonly LabelledImage[]): string[] {
  const without = images.filter(({ patient }) => patient === null).map(({ path }) => path);
  if (without.length === 0) return images.map(({ patient }) => patient as string);
  const found =
    without.length === images.length
      ? 'none: this dataset knows no patients'
      : `none for ${without.length} of ${images.length} images (${listNames(without)})`;
  throw new PlatformError(
    'invalid',
    `split.group \`patient\`: expected the patient of every image, found ${found}; to split without regard to patients set \`group: none\``,
  );
}

/** Gives the images of one fold their roles; returns warnings. */
function cut(
  placements: Placement[],
  fold: number,
  keys: { groups: string[] } | { labels: string[] },
): string[] {
  const rows = placements.flatMap((placement, i) => (placement.fold === fold ? [i] : []));
  const pick = (values: string[]) => rows.map((i) => values[i] as string);
  const key = 'groups' in keys ? { groups: pick(keys.groups) } : { labels: pick(keys.labels) };
  const { validation, test, warnings } = attempt(`fold ${fold}, holdout \`nested\``, () =>
    nestedSplit(rows, key),
  );
  for (const i of validation) placements[i] = { fold, role: 'validation' };
  for (const i of test) placements[i] = { fold, role: 'test' };
  return warnings.map((warning) => `fold ${fold}: ${warning}`);
}

function attempt<T>(what: string, split: () => T): T {
  try {
    return split();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new PlatformError('invalid', `cannot split into ${what}: ${cause.message}`, { cause });
  }
}

/** The promise on which every number of a study rests, so it is looked at once more. */
function requireWholePatients(patients: readonly string[], placements: readonly Placement[]): void {
  const split = splitPatients(patients, placements);
  if (split.length > 0) throw new Error(`patients in more than one part of the split: ${listNames(split)}`);
}

function sharedPatients(images: readonly LabelledImage[], placements: readonly Placement[]): string[] {
  const split = splitPatients(
    images.map(({ patient }) => patient),
    placements,
  );
  if (split.length === 0) return [];
  return [
    `\`group: none\` puts images of ${split.length} patients in more than one fold: ${listNames(split)}`,
  ];
}

function splitPatients(patients: readonly (string | null)[], placements: readonly Placement[]): string[] {
  const first = new Map<string, Placement>();
  const split = new Set<string>();
  patients.forEach((patient, i) => {
    if (patient === null) return;
    const place = placements[i] as Placement;
    const { fold, role } = first.get(patient) ?? place;
    first.set(patient, { fold, role });
    if (place.fold !== fold || place.role !== role) split.add(patient);
  });
  return [...split];
}

/** A held-out part without a class cannot be judged by AUC. */
function absentClasses(labels: readonly string[], placements: readonly Placement[]): string[] {
  const parts = groupBy(labels.keys(), (i) => {
    const { fold, role } = placements[i] as Placement;
    return role === 'both' ? `fold ${fold}` : `the ${role} part of fold ${fold}`;
  });
  const classes = [...new Set(labels)].sort();
  return [...parts].sort().flatMap(([part, rows]) => {
    const present = new Set(rows.map((i) => labels[i]));
    return classes
      .filter((name) => !present.has(name))
      .map((name) => `${part} holds no image of class ${name}`);
  });
}
