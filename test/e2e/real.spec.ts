import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { palimpsest } from '../support/palimpsest.js';

const shared = path.resolve(import.meta.dirname, '../../../shared/real');
const absent = !existsSync(shared);
const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-real-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The example that users copy, with its two folders where they lie here. */
function exampleStudy(): string {
  const example = readFileSync(
    path.resolve(import.meta.dirname, '../../examples/breast-and-chest.yaml'),
    'utf8',
  );
  const file = path.join(folder, 'breast-and-chest.yaml');
  const placed = example
    .replace('path: Dataset_BUSI_with_GT', `path: ${path.join(shared, 'breast/Dataset_BUSI_with_GT')}`)
    .replace('path: chest_xray', `path: ${path.join(shared, 'chest/chest_xray')}`);
  writeFileSync(file, placed);
  return file;
}

describe.skipIf(absent)(
  `the example study on real images${absent ? ' (skipped: ../shared not there)' : ''}`,
  () => {
    it(
      'ends in a report, and tells pneumonia from normal clearly better than chance',
      { timeout: 900_000 },
      async () => {
        const out = path.join(folder, 'report');
        const ended = await palimpsest(
          'run',
          exampleStudy(),
          '--data',
          path.join(folder, 'data'),
          '--out',
          out,
        );
        expect(ended, ended.stderr).toMatchObject({ code: 0 });
        expect(existsSync(path.join(out, 'report.html'))).toBe(true);
        const rows = readFileSync(path.join(out, 'tables', 'auc.csv'), 'utf8')
          .trim()
          .split('\n')
          .map((row) => row.split(','));
        const header = rows[0] as string[];
        const chest = rows.filter((row) => row.includes('chest'));
        expect(chest.length).toBeGreaterThan(0);
        for (const row of chest)
          expect(Number(row[header.indexOf('mean')]), row.join(',')).toBeGreaterThan(0.7);
      },
    );
  },
);
