import { preprocess } from '@palimpsest/images';
import { describe, expect, it } from 'vitest';
import {
  chunksOf,
  orderOfEpoch,
  plainImages,
  trainingBatches,
  type Preparation,
  splitEvenly,
} from './batches.js';
import { preparesHere, ThreadPreparer, type Preparer } from './preparer.js';

const imageSize = 6;
const length = imageSize * imageSize * 3;
const pixelsOf = (index: number) => Uint8Array.from({ length }, (_, at) => (index * 31 + at * 7) % 256);
const pixels = {
  images: 10,
  imageSize,
  read: (rows: readonly number[]) =>
    Promise.resolve(Uint8Array.from(rows.flatMap((row) => [...pixelsOf(row)]))),
};
const augmentation = {
  rotationDegrees: 10,
  shiftFraction: 0.1,
  zoomFraction: 0.1,
  shearDegrees: 0.1,
  horizontalFlip: true,
};
const rows = [2, 4, 6, 8, 9];

/** One batch, prepared. */
async function trainingImages(
  from: typeof pixels,
  batch: readonly number[],
  preparation: Preparation,
  preparer: Preparer = preparesHere,
): Promise<Float32Array> {
  const batches = trainingBatches(from, [batch], { ...preparation, preparer });
  const { value } = (await batches.next()) as { value: Float32Array };
  return value;
}

describe('order of an epoch', () => {
  it('holds every image once, in the same order for the same seed and epoch', () => {
    const order = orderOfEpoch(rows, { seed: 1, epoch: 1 });
    expect([...order].sort()).toEqual(rows);
    expect(orderOfEpoch(rows, { seed: 1, epoch: 1 })).toEqual(order);
  });

  it('changes from epoch to epoch and with the seed', () => {
    const many = Array.from({ length: 50 }, (_, i) => i);
    const order = orderOfEpoch(many, { seed: 1, epoch: 1 });
    expect(orderOfEpoch(many, { seed: 1, epoch: 2 })).not.toEqual(order);
    expect(orderOfEpoch(many, { seed: 2, epoch: 1 })).not.toEqual(order);
  });
});

describe('batches', () => {
  it('keep the last, smaller one', () => {
    expect(chunksOf(rows, 2)).toEqual([[2, 4], [6, 8], [9]]);
    expect(chunksOf(rows, 5)).toEqual([rows]);
  });

  it('augment an image alike wherever it stands in a batch', async () => {
    const prepare = { preprocessing: 'caffe', augmentation, seed: 3, epoch: 2 } as const;
    const together = await trainingImages(pixels, [2, 4, 6], prepare);
    const alone = await trainingImages(pixels, [6], prepare);
    expect(together.subarray(2 * length)).toEqual(alone);
  });

  it('augment an image anew in every epoch', async () => {
    const prepare = { preprocessing: 'none', augmentation, seed: 3 } as const;
    const first = await trainingImages(pixels, [2], { ...prepare, epoch: 1 });
    expect(await trainingImages(pixels, [2], { ...prepare, epoch: 2 })).not.toEqual(first);
    expect(first).not.toEqual(Float32Array.from(pixelsOf(2)));
  });

  it('are only normalised without augmentation, and for judging', async () => {
    const expected = preprocess(pixelsOf(4), 'torch');
    expect(await plainImages(pixels, [4], 'torch')).toEqual(expected);
    const prepare = { preprocessing: 'torch', augmentation: null, seed: 3, epoch: 1 } as const;
    expect(await trainingImages(pixels, [4], prepare)).toEqual(expected);
  });

  it('come in order, the same whatever thread prepares them', async () => {
    const prepare = { preprocessing: 'caffe', augmentation, seed: 3, epoch: 2 } as const;
    const preparer = new ThreadPreparer();
    const batches = [[2, 4], [6, 8], [9], [2, 9]];
    const found = trainingBatches(pixels, batches, { ...prepare, preparer });
    for (const batch of batches)
      expect((await found.next()).value).toEqual(await trainingImages(pixels, batch, prepare));
    expect(await found.next()).toEqual({ done: true, value: undefined });
    await preparer.close();
  });

  it('end with the error of the batch that could not be read, when its turn comes', async () => {
    const broken = { ...pixels, read: (wanted: readonly number[]) => failing(wanted) };
    const failing = (wanted: readonly number[]) =>
      wanted.includes(6) ? Promise.reject(new RangeError('image 6 is not there')) : pixels.read(wanted);
    const preparation = { preprocessing: 'none', augmentation: null, seed: 3, epoch: 1 } as const;
    const found = trainingBatches(broken, [[2], [6]], { ...preparation, preparer: preparesHere });
    expect((await found.next()).value).toHaveLength(length);
    await expect(found.next()).rejects.toThrow('image 6 is not there');
  });
});

describe('a batch in pieces', () => {
  it.each([
    [
      2,
      [
        [1, 2, 3, 4],
        [5, 6, 7],
      ],
    ],
    [
      3,
      [
        [1, 2, 3],
        [4, 5],
        [6, 7],
      ],
    ],
    [1, [[1, 2, 3, 4, 5, 6, 7]]],
    [9, [[1], [2], [3], [4], [5], [6], [7]]],
  ])('of which there are %i is cut as evenly as can be, with none empty', (pieces, cut) => {
    expect(splitEvenly([1, 2, 3, 4, 5, 6, 7], pieces)).toEqual(cut);
  });
});
