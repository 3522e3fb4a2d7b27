import { preprocess } from '@palimpsest/images';
import { describe, expect, it } from 'vitest';
import { chunksOf, orderOfEpoch, plainImages, trainingImages } from './batches.js';

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
});
