import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { chestPatient, readChestXray } from './chest-xray.js';

it('pools the three parts and reads patients from the names', async () => {
  const parent = await aFolder(
    empty(
      'chest_xray/train/NORMAL/IM-0115-0001.jpeg',
      'chest_xray/val/PNEUMONIA/person1946_bacteria_4874.jpeg',
      'chest_xray/test/NORMAL/NORMAL2-IM-0035-0001.jpeg',
    ),
  );
  const root = join(parent, 'chest_xray');
  const expected = {
    root,
    images: [
      { path: 'test/NORMAL/NORMAL2-IM-0035-0001.jpeg', label: 'NORMAL', patient: '0035' },
      { path: 'train/NORMAL/IM-0115-0001.jpeg', label: 'NORMAL', patient: '0115' },
      { path: 'val/PNEUMONIA/person1946_bacteria_4874.jpeg', label: 'PNEUMONIA', patient: 'person1946' },
    ],
    labels: ['NORMAL', 'PNEUMONIA'],
    warnings: [],
  };
  expect(await readChestXray(parent)).toEqual(expected);
  expect(await readChestXray(root)).toEqual(expected);
});

it('says which part is not there and which files it has not read', async () => {
  const root = await aFolder(
    empty(
      'train/NORMAL/IM-1-1.jpeg',
      'test/PNEUMONIA/person1_virus_1.jpeg',
      'train/OTHER/a.jpeg',
      'chest_xray/x',
    ),
  );
  expect((await readChestXray(root)).warnings).toEqual([
    'no image in val, which the published dataset has',
    'not part of the layout chest-xray, so not read: chest_xray/x, train/OTHER/a.jpeg',
  ]);
});

it('refuses a folder without the three parts, or without images', async () => {
  const root = await aFolder(empty('NORMAL/a.jpeg'));
  await expect(readChestXray(root)).rejects.toThrow(
    `${root}: expected the folder chest_xray with train, val, test, found NORMAL`,
  );
  await expect(readChestXray(await aFolder(empty('train/')))).rejects.toThrow('expected images, found none');
});

it.each([
  ['IM-0115-0001.jpeg', '0115'],
  ['IM-0501-0001-0002.jpeg', '0501'],
  ['NORMAL2-IM-0983-0001-0002.jpeg', '0983'],
  ['person1_bacteria_1.jpeg', 'person1'],
  ['person23.jpeg', 'person23'],
])('%s is of patient %s', (name, patient) => {
  expect(chestPatient(`train/NORMAL/${name}`)).toBe(patient);
});
