import { join } from 'node:path';
import type { Dataset } from '@palimpsest/contracts';
import { expect, it } from 'vitest';
import { aFolder } from './dataset.fixture.js';
import { readDataset } from './read-dataset.js';

const read = async (rows: string[], options: Partial<Pick<Dataset, 'labels' | 'unlabelled'>> = {}) => {
  const root = await aFolder({ 'data.csv': ['path,label', ...rows].join('\n') });
  const path = join(root, 'data.csv');
  return { path, dataset: readDataset({ layout: 'csv', path, labels: {}, unlabelled: 'error', ...options }) };
};

const rows = ['1.png,benign', '2.png,malignant', '3.png,normal', '4.png,malignant', '5.png,benign'];

it('merges labels and says what it merged', async () => {
  const { dataset } = await read(rows, { labels: { normal: 'benign', malignant: 'cancer' } });
  const { images, merged } = await dataset;
  expect(images.map(({ label }) => label)).toEqual(['benign', 'cancer', 'benign', 'cancer', 'benign']);
  expect(merged).toEqual([
    { found: 'malignant', used: 'cancer', images: 2 },
    { found: 'normal', used: 'benign', images: 1 },
  ]);
});

it('merges each label once, so that two can change places', async () => {
  const labels = { benign: 'malignant', malignant: 'benign', normal: 'benign' };
  const { images } = await (await read(rows, { labels })).dataset;
  expect(images.map(({ label }) => label)).toEqual(['malignant', 'benign', 'benign', 'benign', 'malignant']);
});

it('names a label to be merged that is not there', async () => {
  const { path, dataset } = await read(rows, { labels: { normall: 'benign', toString: 'benign' } });
  await expect(dataset).rejects.toMatchObject({
    code: 'invalid',
    message: `${path}: \`labels\` merges "normall", "toString": expected labels of the dataset, found benign, malignant, normal`,
  });
});

const gaps = ['1.png,benign', '2.png,malignant', '3.png,', '4.png,malignant', '5.png,benign', '6.png,'];

it('refuses images without a label when told so, and names them', async () => {
  const { path, dataset } = await read(gaps);
  await expect(dataset).rejects.toMatchObject({
    code: 'invalid',
    message: `${path}: 2 of 6 images have no label (3.png, 6.png): set \`unlabelled\` to \`exclude\`, or to the label they get`,
  });
});

it('excludes images without a label, and lists them', async () => {
  const { images, excluded, merged } = await (await read(gaps, { unlabelled: 'exclude' })).dataset;
  expect(images.map(({ path }) => path)).toEqual(['1.png', '2.png', '4.png', '5.png']);
  expect(excluded).toEqual([
    { path: '3.png', reason: 'no label' },
    { path: '6.png', reason: 'no label' },
  ]);
  expect(merged).toEqual([]);
});

it('gives images without a label the one it was told, and counts them', async () => {
  const { images, excluded, merged } = await (await read(gaps, { unlabelled: 'benign' })).dataset;
  expect(images.filter(({ label }) => label === 'benign')).toHaveLength(4);
  expect(excluded).toEqual([]);
  expect(merged).toEqual([{ found: '(none)', used: 'benign', images: 2 }]);
});

it('merges the label that the unlabelled get too', async () => {
  const { dataset } = await read(gaps, { unlabelled: 'benign', labels: { benign: 'healthy' } });
  expect((await dataset).merged).toEqual([
    { found: 'benign', used: 'healthy', images: 2 },
    { found: '(none)', used: 'healthy', images: 2 },
  ]);
});

it('makes no new class of the unlabelled', async () => {
  const { path, dataset } = await read(gaps, { unlabelled: 'bening' });
  await expect(dataset).rejects.toMatchObject({
    message: `${path}: 2 of 6 images have no label (3.png, 6.png): expected \`unlabelled\` to be \`error\`, \`exclude\` or one of benign, malignant, found "bening"`,
  });
});

it('leaves a setting for unlabelled images alone where there are none', async () => {
  const { dataset } = await read(['1.png,NV', '2.png,MEL', '3.png,NV', '4.png,MEL'], {
    unlabelled: 'benign',
  });
  expect((await dataset).images).toHaveLength(4);
});

it('lets the unlabelled of a layout be a label that it happens not to hold', async () => {
  const malignant = '<case><tirads>5</tirads></case>';
  const unknown = '<case><tirads></tirads></case>';
  const cases = { '1.xml': malignant, '2.xml': malignant, '3.xml': unknown, '4.xml': unknown };
  const images = Object.fromEntries([1, 2, 3, 4].map((n) => [`${n}_1.jpg`, '']));
  const path = await aFolder({ ...cases, ...images });
  const { images: found } = await readDataset({ layout: 'ddti', path, labels: {}, unlabelled: 'benign' });
  expect(found.map(({ label }) => label)).toEqual(['malignant', 'malignant', 'benign', 'benign']);
});

it.each([
  [['1.png,a', '2.png,a'], {}, 'expected images of at least two classes, found "a" alone (2 images)'],
  [
    ['1.png,a', '2.png,b'],
    { labels: { b: 'a' } },
    'expected images of at least two classes, found "a" alone (2 images)',
  ],
  [
    ['1.png,', '2.png,'],
    { unlabelled: 'exclude' },
    'expected images of at least two classes, found no image',
  ],
  [['1.png,a', '2.png,a', '3.png,b'], {}, 'class "b": expected at least 2 images, found 1'],
])('refuses %j with %j', async (lines, options: object, message) => {
  const { path, dataset } = await read(lines, options);
  await expect(dataset).rejects.toMatchObject({ code: 'invalid', message: `${path}: ${message}` });
});

it('warns of labels that only case keeps apart', async () => {
  const { dataset } = await read(['1.png,Benign', '2.png,benign', '3.png,Benign', '4.png,benign']);
  expect((await dataset).warnings).toEqual([
    'labels that differ in case only are classes of their own: Benign, benign',
  ]);
});
