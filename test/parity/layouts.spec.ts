import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Dataset, Layout } from '@palimpsest/contracts';
import { assignFolds, readDataset } from '@palimpsest/ingestion';
import { describe, expect, it } from 'vitest';

const shared = new URL('../../../shared/', import.meta.url).pathname;
const there = existsSync(shared);
const title = (what: string) => (there ? what : `${what} (skipped: ../shared is not there)`);

/** The founding study's table of a target: its rows in order, as the layout `csv` reads them. */
function goldenRows(target: string) {
  const path = `${shared}golden/folds/${target}.csv`;
  return readDataset({ layout: 'csv', path, labels: {}, unlabelled: 'error' });
}

interface Case {
  target: string;
  folder: string;
  layout: Layout;
  options?: Partial<Pick<Dataset, 'labels' | 'unlabelled'>>;
  images: number;
  warnings?: string[];
  goldenPath: (path: string) => string;
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const cases: Case[] = [
  {
    target: 'breast',
    folder: 'breast/Dataset_BUSI_with_GT',
    layout: 'busi',
    options: { labels: { normal: 'benign' } },
    images: 180,
    goldenPath: (path) => `breast/${fileName(path)}`,
  },
  {
    target: 'chest',
    folder: 'chest',
    layout: 'chest-xray',
    images: 179,
    warnings: [
      'no image in val, which the published dataset has',
      'no image in test, which the published dataset has',
    ],
    goldenPath: (path) => `chest_xray/${path}`,
  },
  {
    target: 'thyroid',
    folder: 'thyroid/ddti',
    layout: 'ddti',
    options: { unlabelled: 'benign' },
    images: 140,
    goldenPath: (path) => `thyroid/${path}`,
  },
  {
    target: 'isic',
    folder: 'isic/ISIC2018',
    layout: 'isic2018',
    images: 405,
    goldenPath: (path) => `ISIC2018/${path}`,
  },
];

describe.skipIf(!there)(title('published datasets'), () => {
  it.each(cases)(
    '$target: label and patient of every image are those of the founding study',
    async (target) => {
      const golden = await goldenRows(target.target);
      const expected = new Map(golden.images.map((image) => [image.path, image]));
      const { images, warnings } = await readDataset({
        layout: target.layout,
        path: `${shared}real/${target.folder}`,
        labels: {},
        unlabelled: 'error',
        ...target.options,
      });
      expect(images).toHaveLength(target.images);
      expect(warnings).toEqual(target.warnings ?? []);
      for (const { path, label, patient } of images) {
        const found = { path: target.goldenPath(path), label, patient };
        expect(found).toEqual(expected.get(found.path));
      }
    },
  );
});

describe.skipIf(!there)(title('folds of a table'), () => {
  it.each(['thyroid', 'breast', 'chest', 'mammograms', 'knee', 'isic'])(
    '%s: rows of the layout csv are split as in the founding study',
    async (target) => {
      const { images } = await goldenRows(target);
      const group = images[0]?.patient === null ? 'none' : 'patient';
      const { placements } = assignFolds(images, { folds: 5, group, seed: 2, holdout: 'shared' });
      const table = await readFile(`${shared}golden/folds/${target}.csv`, 'utf8');
      const expected = table
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',').at(-1)));
      expect(placements.map(({ fold }) => fold)).toEqual(expected);
      const nested = assignFolds(images, { folds: 5, group, seed: 2, holdout: 'nested' });
      expect(nested.placements.map(({ fold }) => fold)).toEqual(expected);
    },
  );
});
