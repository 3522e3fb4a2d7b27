import type { Manifest, ManifestImage, TaskInput } from '@palimpsest/contracts';
import { auditDuplicates } from './audit.js';
import type { Assignment, Placement } from './assign-folds.js';
import type { LabelledDataset } from './read-dataset.js';

type Size = Pick<ManifestImage, 'width' | 'height'>;

/** What is known of each image beyond its label, in the order of the images. */
export interface Measured {
  sha256: readonly string[];
  sizes: readonly Size[];
}

/** The manifest: everything that decides how an image is used, in one document. */
export function freeze(
  { dataset: options, holdout }: TaskInput<'ingest'>,
  dataset: LabelledDataset,
  { placements, warnings }: Assignment,
  { sha256, sizes }: Measured,
): Manifest {
  const classes = [...new Set(dataset.images.map(({ label }) => label))].sort();
  const images = dataset.images.map((image, i): ManifestImage => ({
    ...image,
    class: classes.indexOf(image.label),
    ...(placements[i] as Placement),
    ...(sizes[i] as Size),
    sha256: sha256[i] as string,
  }));
  const duplicates = auditDuplicates(images);
  return {
    layout: options.layout,
    imageSize: options.imageSize,
    classes,
    ...options.split,
    holdout,
    images,
    audit: {
      patients: patientsOf(images),
      merged: dataset.merged,
      excluded: dataset.excluded,
      duplicates: duplicates.duplicates,
      warnings: [...dataset.warnings, ...warnings, ...duplicates.warnings],
    },
  };
}

function patientsOf(images: readonly ManifestImage[]): number | null {
  const patients = new Set(images.map(({ patient }) => patient));
  patients.delete(null);
  return patients.size || null;
}
