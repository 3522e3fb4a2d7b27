import { PlatformError, type Dataset, type Manifest } from '@palimpsest/contracts';
import { groupBy } from './group-by.js';
import { listNames } from './list-names.js';
import type { FoundDataset, FoundImage } from './layouts/layout.js';
import { readLayout } from './layouts/layouts.js';

/** An image that is used: it has a label, after merging. */
export interface LabelledImage extends FoundImage {
  label: string;
}

/** A dataset as its files say, without having opened an image; paths are relative to the root. */
export interface LabelledDataset {
  root: string;
  /** In the dataset's own order, which decides the stratified folds. */
  images: LabelledImage[];
  merged: Manifest['audit']['merged'];
  excluded: Manifest['audit']['excluded'];
  warnings: string[];
}

type Options = Pick<Dataset, 'layout' | 'path' | 'labels' | 'unlabelled'>;

/**
 * Reads a dataset's layout, deals with images that have no label and merges labels.
 * What a label of `unlabelled` stands for is merged too.
 *
 * @throws PlatformError `invalid` for an image without a label under `error`, a label to be merged that is not
 *   there, fewer than two classes, a class with one image; and as the layout does
 */
export async function readDataset({ layout, path, labels, unlabelled }: Options): Promise<LabelledDataset> {
  const found = await readLayout[layout](path);
  checkMerging(found, path, labels);
  checkUnlabelled(found, { layout, path, labels, unlabelled });
  const excluded = unlabelled === 'exclude' ? found.images.filter(({ label }) => label === null) : [];
  const used = found.images.filter(({ label }) => label !== null || unlabelled !== 'exclude');
  const merging = new Map(Object.entries(labels));
  const images = used.map((image) => {
    const label = image.label ?? unlabelled;
    return { ...image, label: merging.get(label) ?? label };
  });
  checkClasses(images, path);
  return {
    root: found.root,
    images,
    merged: mergings(used, images),
    excluded: excluded.map((image) => ({ path: image.path, reason: 'no label' })),
    warnings: [...found.warnings, ...lookalikes(images)],
  };
}

function checkMerging(found: FoundDataset, path: string, labels: Options['labels']): void {
  const present = distinct(found.images.flatMap(({ label }) => label ?? []));
  const absent = Object.keys(labels).filter((label) => !present.includes(label));
  if (absent.length === 0) return;
  const names = absent.map((label) => `"${label}"`).join(', ');
  throw new PlatformError(
    'invalid',
    `${path}: \`labels\` merges ${names}: expected labels of the dataset, found ${listNames(present, 20)}`,
  );
}

function checkUnlabelled(found: FoundDataset, { path, labels, unlabelled }: Options): void {
  const without = found.images.filter(({ label }) => label === null).map((image) => image.path);
  if (without.length === 0 || unlabelled === 'exclude') return;
  const have = `${without.length} of ${found.images.length} images have no label (${listNames(without)})`;
  if (unlabelled === 'error') {
    throw new PlatformError(
      'invalid',
      `${path}: ${have}: set \`unlabelled\` to \`exclude\`, or to the label they get`,
    );
  }
  const known = distinct([...found.labels, ...Object.values(labels)]);
  if (known.includes(unlabelled)) return;
  const expected = `\`error\`, \`exclude\` or one of ${listNames(known, 20)}`;
  throw new PlatformError(
    'invalid',
    `${path}: ${have}: expected \`unlabelled\` to be ${expected}, found "${unlabelled}"`,
  );
}

function checkClasses(images: readonly LabelledImage[], path: string): void {
  const classes = [...groupBy(images, ({ label }) => label)];
  if (classes.length < 2) {
    const found =
      classes.map(([label, { length }]) => `"${label}" alone (${length} images)`)[0] ?? 'no image';
    throw new PlatformError('invalid', `${path}: expected images of at least two classes, found ${found}`);
  }
  const single = classes.find(([, { length }]) => length === 1);
  if (single) {
    throw new PlatformError('invalid', `${path}: class "${single[0]}": expected at least 2 images, found 1`);
  }
}

/** Which label became which, and for how many images; `(none)` for images without one. */
function mergings(found: readonly FoundImage[], images: readonly LabelledImage[]): LabelledDataset['merged'] {
  const merged = new Map<string, LabelledDataset['merged'][number]>();
  found.forEach(({ label }, i) => {
    const used = (images[i] as LabelledImage).label;
    if (label === used) return;
    const entry = merged.get(label ?? '') ?? { found: label ?? '(none)', used, images: 0 };
    merged.set(label ?? '', { ...entry, images: entry.images + 1 });
  });
  return [...merged.values()];
}

/** Labels that only upper and lower case keep apart are two classes, and rarely meant to be. */
function lookalikes(images: readonly LabelledImage[]): string[] {
  const labels = distinct(images.map(({ label }) => label));
  const alike = groupBy(labels, (label) => label.toLowerCase());
  return [...alike.values()]
    .filter((names) => names.length > 1)
    .map((names) => `labels that differ in case only are classes of their own: ${names.join(', ')}`);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
