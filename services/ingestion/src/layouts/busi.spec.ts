import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { readBusi } from './busi.js';

const files = empty(
  'Dataset_BUSI_with_GT/benign/benign (1).png',
  'Dataset_BUSI_with_GT/benign/benign (1)_mask.png',
  'Dataset_BUSI_with_GT/benign/benign (1)_mask_1.png',
  'Dataset_BUSI_with_GT/malignant/malignant (2).png',
  'Dataset_BUSI_with_GT/normal/normal (3).png',
);

it('reads images and leaves masks alone, from the folder or the one it lies in', async () => {
  const parent = await aFolder(files);
  const root = join(parent, 'Dataset_BUSI_with_GT');
  const expected = {
    root,
    images: [
      { path: 'benign/benign (1).png', label: 'benign', patient: null },
      { path: 'malignant/malignant (2).png', label: 'malignant', patient: null },
      { path: 'normal/normal (3).png', label: 'normal', patient: null },
    ],
    labels: ['benign', 'malignant', 'normal'],
    warnings: [],
  };
  expect(await readBusi(parent)).toEqual(expected);
  expect(await readBusi(root)).toEqual(expected);
});

it('says which files it has not read', async () => {
  const extra = empty('Dataset_BUSI_with_GT/other/a.png', 'Dataset_BUSI_with_GT/benign/old/b.png');
  const { warnings } = await readBusi(await aFolder({ ...files, ...extra }));
  expect(warnings).toEqual(['not part of the layout busi, so not read: benign/old/b.png, other/a.png']);
});

it('says what a folder of something else holds', async () => {
  const root = await aFolder(empty('cats/1.png', 'dogs/2.png'));
  await expect(readBusi(root)).rejects.toMatchObject({
    code: 'invalid',
    message: `${root}: expected the folder Dataset_BUSI_with_GT with benign, malignant, normal, found cats, dogs`,
  });
  const hollow = await aFolder(empty('benign/', 'malignant/'));
  await expect(readBusi(hollow)).rejects.toThrow(`${hollow}: expected images, found none`);
});
