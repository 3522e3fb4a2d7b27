import type { Manifest, TaskInput } from '@palimpsest/contracts';
import { encodePixels, imagesPerChunk } from '@palimpsest/formats';
import type { Store } from '@palimpsest/platform/work';

/** Side of the images in pixels, unless another is asked for. */
export const imageSize = 32;

/** Stripes across in class 0, stripes down in class 1, with some noise; patients of two images in three folds. */
export async function aDataset(
  store: Store,
  { images = 30, side = imageSize } = {},
): Promise<Pick<TaskInput<'train'>, 'manifest' | 'pixels'>> {
  async function* blocks() {
    const block = imagesPerChunk(side);
    for (let first = 0; first < images; first += block)
      yield await Promise.resolve(striped(first, Math.min(block, images - first), side));
  }
  const manifest: Manifest = {
    layout: 'csv',
    imageSize: side,
    classes: ['across', 'down'],
    folds: 3,
    group: 'patient',
    seed: 2,
    holdout: 'nested',
    images: Array.from({ length: images }, (_, i) => ({
      path: `${i}.png`,
      label: i % 2 === 0 ? 'across' : 'down',
      class: i % 2,
      patient: String(Math.floor(i / 2)),
      fold: 1 + (Math.floor(i / 2) % 3),
      role: i < 12 ? 'validation' : 'test',
      width: side,
      height: side,
      sha256: '0'.repeat(64),
    })),
    audit: { patients: images / 2, merged: [], excluded: [], duplicates: [], warnings: [] },
  };
  return {
    manifest: await store.putJson('manifests', manifest),
    pixels: await store.putTree('pixels/synthetic', encodePixels({ images, imageSize: side }, blocks())),
  };
}

function striped(first: number, images: number, side: number): Uint8Array {
  const length = side * side * 3;
  const block = new Uint8Array(images * length);
  for (let at = 0; at < block.length; at++) {
    const [image, pixel] = [first + Math.floor(at / length), Math.floor((at % length) / 3)];
    const along = image % 2 === 0 ? Math.floor(pixel / side) : pixel % side;
    block[at] = (Math.floor(along / 3) % 2) * 160 + ((image * 37 + at * 11) % 90);
  }
  return block;
}

/** A main stage. */
export const all = {
  learningRate: 3e-3,
  maxEpochs: 2,
  patience: 2,
  monitor: 'loss',
  trainable: 'all',
  keep: 'best',
} as const;
/** A stage of the head alone. */
export const head = { ...all, monitor: 'accuracy', trainable: 'head', keep: 'last' } as const;

/** A training on such images. */
export function anInput(
  data: Pick<TaskInput<'train'>, 'manifest' | 'pixels'>,
  over: Partial<TaskInput<'train'>> = {},
): TaskInput<'train'> {
  return {
    ...data,
    architecture: 'resnet-mini',
    preprocessing: 'caffe',
    imageSize,
    start: { random: 5 },
    strategy: 'finetune',
    fold: 1,
    batchSize: 8,
    dropout: 0.5,
    augmentation: {
      rotationDegrees: 10,
      shiftFraction: 0.1,
      zoomFraction: 0.1,
      shearDegrees: 0.1,
      horizontalFlip: true,
    },
    stages: [all],
    seeds: { head: 6, training: 7 },
    lowMemory: false,
    ...over,
  };
}
