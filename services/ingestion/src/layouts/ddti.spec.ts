import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { readDdti } from './ddti.js';

const xml = (tirads: string) => `<case>\n  <number>1</number>\n  <tirads>${tirads}</tirads>\n</case>`;

it.each([
  ['2', 'benign'],
  ['3', 'benign'],
  ['4a', 'malignant'],
  ['4B ', 'malignant'],
  ['4c', 'malignant'],
  ['5', 'malignant'],
  ['', null],
])('TI-RADS "%s" is %s', async (tirads, label) => {
  const root = await aFolder({ '7.xml': xml(tirads), ...empty('7_1.jpg', '7_2.jpg') });
  expect(await readDdti(root)).toEqual({
    root,
    images: [
      { path: '7_1.jpg', label, patient: '7' },
      { path: '7_2.jpg', label, patient: '7' },
    ],
    labels: ['benign', 'malignant'],
    warnings: [],
  });
});

it('gives no label to a case without a score or without a description', async () => {
  const root = await aFolder({
    '1.xml': '<case><tirads/></case>',
    '2.xml': '<case><age>40</age></case>\n',
    ...empty('1_1.jpg', '2_1.jpg', '3_1.jpg'),
  });
  const { images, warnings } = await readDdti(root);
  expect(images.map(({ label }) => label)).toEqual([null, null, null]);
  expect(warnings).toEqual(['cases with images, but no XML: 3']);
});

it('says what lay there without being part of it', async () => {
  const root = await aFolder({
    '1.xml': xml('2'),
    '2.xml': xml('2'),
    ...empty('1_1.jpg', 'a.jpg', 'sub/1_2.jpg'),
  });
  expect((await readDdti(root)).warnings).toEqual([
    'XML that describes no image: 2.xml',
    'not part of the layout ddti, so not read: a.jpg, sub/1_2.jpg',
  ]);
});

it('names the description that is cut off, and the score that is none', async () => {
  const cut = await aFolder({ '1.xml': xml('4a').slice(0, 40), ...empty('1_1.jpg') });
  await expect(readDdti(cut)).rejects.toMatchObject({
    code: 'invalid',
    message: `${cut}/1.xml: expected <tirads> in a <case>, found neither whole`,
  });
  const wrong = await aFolder({ '1.xml': xml('7'), ...empty('1_1.jpg') });
  await expect(readDdti(wrong)).rejects.toMatchObject({
    code: 'invalid',
    message: `${wrong}/1.xml: expected TI-RADS 2, 3, 4a, 4b, 4c, 5 or nothing, found "7"`,
  });
});

it('refuses a folder without images', async () => {
  const root = await aFolder({ '1.xml': xml('2') });
  await expect(readDdti(root)).rejects.toThrow(`${root}: expected images named <case>_<n>.jpg, found none`);
});
