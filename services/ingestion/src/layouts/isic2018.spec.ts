import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { readIsic2018 } from './isic2018.js';

const truth = 'ISIC2018_Task3_Training_GroundTruth/ISIC2018_Task3_Training_GroundTruth.csv';
const input = 'ISIC2018_Task3_Training_Input';
const header = 'image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\n';
const images = empty(`${input}/A.jpg`, `${input}/B.jpg`);

it('takes labels from the one-hot table, from the folder or the one it lies in', async () => {
  const parent = await aFolder(
    Object.fromEntries(
      Object.entries({
        ...images,
        ...empty(`${input}/LICENSE.txt`, `${input}/ATTRIBUTION.txt`),
        [truth]: `${header}B,0.0,0.0,0.0,0.0,0.0,0.0,1.0\nA,0.0,1.0,0.0,0.0,0.0,0.0,0.0\n`,
      }).map(([name, content]) => [`ISIC2018/${name}`, content]),
    ),
  );
  const root = join(parent, 'ISIC2018');
  const expected = {
    root,
    images: [
      { path: `${input}/A.jpg`, label: 'NV', patient: null },
      { path: `${input}/B.jpg`, label: 'VASC', patient: null },
    ],
    labels: ['MEL', 'NV', 'BCC', 'AKIEC', 'BKL', 'DF', 'VASC'],
    warnings: [],
  };
  expect(await readIsic2018(parent)).toEqual(expected);
  expect(await readIsic2018(root)).toEqual(expected);
});

it('keeps an image without a row and a row without an image, to be judged later', async () => {
  const root = await aFolder({ ...images, [truth]: `${header}A,0,0,0,0,0,0,0\nC,1,0,0,0,0,0,0\n` });
  expect((await readIsic2018(root)).images.map(({ path, label }) => [path, label])).toEqual([
    [`${input}/A.jpg`, null],
    [`${input}/B.jpg`, null],
    [`${input}/C.jpg`, 'MEL'],
  ]);
});

it.each([
  ['A,1,1,0,0,0,0,0', 'line 2: expected one label, found MEL and NV'],
  ['A,1,0,0,0,0,0,x', 'line 2: expected 0 or 1 in every column, found x'],
  ['A,1,0,0,0,0,0,', 'line 2: expected 0 or 1 in every column, found nothing'],
  ['A,1,0,0,0,0,0,0\nA,1,0,0,0,0,0,0', 'line 3: expected an image that is not listed above, found A'],
  ['A,1,0', 'line 2: expected 8 fields, found 3 (A, 1, 0)'],
])('refuses the row %j', async (row, message) => {
  const root = await aFolder({ ...images, [truth]: header + row });
  await expect(readIsic2018(root)).rejects.toMatchObject({ code: 'invalid', message: `${truth} ${message}` });
});

it('names the table that is not there', async () => {
  const root = await aFolder(images);
  await expect(readIsic2018(root)).rejects.toMatchObject({
    code: 'not-found',
    message: `${root}/${truth}: expected the one-hot CSV, found nothing`,
  });
});
