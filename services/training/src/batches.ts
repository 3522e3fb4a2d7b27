import type { TaskInput } from '@palimpsest/contracts';
import type { Pixels } from '@palimpsest/formats';
import { augment, drawAugmentation, preprocess } from '@palimpsest/images';
import { Random, seedFrom } from '@palimpsest/numerics';

/** How images are prepared for a step of training. */
export interface Preparation extends Pick<TaskInput<'train'>, 'preprocessing' | 'augmentation'> {
  seed: number;
  /** From 1, counted through the stages. */
  epoch: number;
}

/** The images of an epoch in the order in which they are trained on; it depends on seed and epoch alone. */
export function orderOfEpoch(
  rows: readonly number[],
  { seed, epoch }: Pick<Preparation, 'seed' | 'epoch'>,
): number[] {
  return new Random(seedFrom('order', seed, epoch)).shuffle([...rows]);
}

/** Cuts into pieces of `size`, the last one of what remains. */
export function chunksOf(rows: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );
}

/**
 * Images to train on: augmented, then normalised. What happens to an image depends on the seed, the epoch and its
 * index, not on its place in a batch.
 *
 * @returns n × size × size × 3
 */
export async function trainingImages(
  pixels: Pixels,
  rows: readonly number[],
  { preprocessing, augmentation, seed, epoch }: Preparation,
): Promise<Float32Array> {
  const read = await pixels.read(rows);
  if (!augmentation) return preprocess(read, preprocessing);
  const side = pixels.imageSize;
  const length = side * side * 3;
  const augmented = new Float32Array(read.length);
  rows.forEach((row, i) => {
    const drawn = drawAugmentation(new Random(seedFrom('augmentation', seed, epoch, row)), augmentation);
    const image = { width: side, height: side, pixels: read.subarray(i * length, (i + 1) * length) };
    augmented.set(augment(image, drawn), i * length);
  });
  return preprocess(augmented, preprocessing);
}

/** Images to judge: normalised, never augmented. @returns n × size × size × 3 */
export async function plainImages(
  pixels: Pixels,
  rows: readonly number[],
  preprocessing: Preparation['preprocessing'],
): Promise<Float32Array> {
  return preprocess(await pixels.read(rows), preprocessing);
}
