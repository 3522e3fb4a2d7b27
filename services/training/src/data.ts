import { manifestSchema, PlatformError, type Manifest, type TaskInput } from '@palimpsest/contracts';
import { openPixels, type Pixels } from '@palimpsest/formats';
import type { Store } from '@palimpsest/platform';
import { drawShots } from './shots.js';

/** Images of a fold by what they do, as indices into the manifest. */
export interface FoldRows {
  train: number[];
  /** They stop the training and choose the epoch that is kept. */
  validation: number[];
  /** Those on which the trained network is judged. */
  judged: number[];
}

/** A dataset with one fold held out. */
export interface FoldData {
  pixels: Pixels;
  /** Number of the class of each image of the manifest. */
  labels: Int32Array;
  /** Whose each image of the manifest is; its number where nobody knows. */
  patients: readonly (string | number)[];
  classes: string[];
  rows: FoldRows;
}

/** Decoded pixels that are kept in memory; of larger datasets chunks are read again. */
const cacheBytes = 512 * 2 ** 20;

/**
 * Opens the images of a training.
 *
 * @throws PlatformError `invalid` when the fold leaves nothing to train or to judge, or too little, `corrupt` when
 *   manifest and pixels are not of the same images
 */
export async function openFold(
  store: Store,
  input: Pick<TaskInput<'train'>, 'manifest' | 'pixels' | 'imageSize' | 'fold' | 'shots'>,
): Promise<FoldData> {
  const manifest = await store.getJson(input.manifest, manifestSchema);
  const rows = rowsOfFold(manifest, input.fold);
  if (input.shots) rows.train = drawShots(manifest, rows.train, input.shots);
  const tree = await store.openTree(input.pixels);
  const pixels = await openPixels((path) => tree.read(path), { cacheBytes });
  if (pixels.images !== manifest.images.length || pixels.imageSize !== input.imageSize) {
    const expected = `${manifest.images.length} images of ${input.imageSize} pixels`;
    const found = `${pixels.images} of ${pixels.imageSize}`;
    throw new PlatformError('corrupt', `pixels ${input.pixels.prefix}: expected ${expected}, found ${found}`);
  }
  return {
    pixels,
    labels: Int32Array.from(manifest.images, (image) => image.class),
    patients: manifest.images.map(({ patient }, i) => patient ?? i),
    classes: manifest.classes,
    rows,
  };
}

/**
 * Which images train, which stop the training and which are judged when a fold is held out.
 *
 * @throws PlatformError `invalid` when any of the three is empty
 */
export function rowsOfFold({ images, folds }: Pick<Manifest, 'images' | 'folds'>, fold: number): FoldRows {
  const rows: FoldRows = { train: [], validation: [], judged: [] };
  images.forEach((image, i) => {
    if (image.fold !== fold) rows.train.push(i);
    else {
      if (image.role !== 'test') rows.validation.push(i);
      if (image.role !== 'validation') rows.judged.push(i);
    }
  });
  const empty = Object.entries(rows).find(([, indices]: [string, number[]]) => indices.length === 0);
  if (empty) {
    const what = `fold ${fold} of ${folds} leaves no images for "${empty[0]}"`;
    throw new PlatformError('invalid', `${what}, of ${images.length} in the manifest`);
  }
  return rows;
}

/** Numbers of the classes of some images. */
export function labelsOf({ labels }: Pick<FoldData, 'labels'>, rows: readonly number[]): Int32Array {
  return Int32Array.from(rows, (row) => labels[row] as number);
}
