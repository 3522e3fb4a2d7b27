import type { TaskInput } from '@palimpsest/contracts';
import type { Pixels } from '@palimpsest/formats';
import { augment, drawAugmentation, preprocess } from '@palimpsest/images';
import { Random, seedFrom } from '@palimpsest/numerics';
import type { Preparer } from './preparer.js';

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

/** Cuts into so many pieces as alike in size as can be; into fewer where some would be empty. */
export function splitEvenly(rows: readonly number[], pieces: number): number[][] {
  const count = Math.min(pieces, rows.length);
  const end = (piece: number) => Math.ceil((piece * rows.length) / count);
  return Array.from({ length: count }, (_, i) => rows.slice(end(i), end(i + 1)));
}

/** A batch as it is read, and what is to be done to it. */
export interface Unprepared extends Preparation {
  /** n × side × side × 3 */
  pixels: Uint8Array;
  side: number;
  /** The numbers of its images in the manifest. */
  rows: readonly number[];
}

/**
 * Images to train on: augmented, then normalised. What happens to an image depends on the seed, the epoch and its
 * number, not on its place in a batch.
 *
 * @returns n × side × side × 3
 */
export function prepareImages({ pixels, side, rows, ...preparation }: Unprepared): Float32Array {
  const { preprocessing, augmentation, seed, epoch } = preparation;
  if (!augmentation) return preprocess(pixels, preprocessing);
  const length = side * side * 3;
  const augmented = new Float32Array(pixels.length);
  rows.forEach((row, i) => {
    const drawn = drawAugmentation(new Random(seedFrom('augmentation', seed, epoch, row)), augmentation);
    const image = { width: side, height: side, pixels: pixels.subarray(i * length, (i + 1) * length) };
    augmented.set(augment(image, drawn), i * length);
  });
  return preprocess(augmented, preprocessing);
}

/** How many batches are prepared before they are wanted. */
const ahead = 2;

/** Training images, batch by batch; the next ones are prepared while one is trained on. */
export async function* trainingBatches(
  pixels: Pixels,
  batches: readonly (readonly number[])[],
  { preparer, ...preparation }: Preparation & { preparer: Preparer },
): AsyncGenerator<Float32Array> {
  const prepare = async (rows: readonly number[]) =>
    preparer.prepare({ pixels: await pixels.read(rows), side: pixels.imageSize, rows, ...preparation });
  const begun: Promise<Float32Array>[] = [];
  for (let next = 0; begun.length > 0 || next < batches.length;) {
    for (; begun.length < ahead && next < batches.length; next++) {
      const images = prepare(batches[next] ?? []);
      // It is heard of when its turn comes, if it comes.
      images.catch(() => undefined);
      begun.push(images);
    }
    yield await (begun.shift() as Promise<Float32Array>);
  }
}

/** Images to judge: normalised, never augmented. @returns n × size × size × 3 */
export async function plainImages(
  pixels: Pixels,
  rows: readonly number[],
  preprocessing: Preparation['preprocessing'],
): Promise<Float32Array> {
  return preprocess(await pixels.read(rows), preprocessing);
}
