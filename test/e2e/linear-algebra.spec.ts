import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLinearAlgebra } from '@palimpsest/blas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../support/palimpsest.js';
import { writeTinyStudy } from '../support/tiny-study.mjs';

const missing = await openLinearAlgebra({ name: 'openblas' }, 1).then(
  () => '',
  (error: unknown) => ` (skipped: ${String(error)})`,
);

/** Cells of every table of a report, by file and place. */
function cellsOf(report: string): Map<string, string> {
  const folder = path.join(report, 'tables');
  const files = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  return new Map(
    files.flatMap((file) => {
      const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
      return lines.flatMap((line, i) =>
        line.split(',').map((cell, j): [string, string] => [`${file} line ${i + 1} cell ${j + 1}`, cell]),
      );
    }),
  );
}

/** Numbers to 1e-9, all else to the letter. */
const same = (a: string, b = '') => a === b || Math.abs(Number(a) - Number(b)) < 1e-9;

describe.skipIf(missing !== '')(`a study by OpenBLAS${missing}`, { timeout: 700_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-linear-algebra-'));
  const report = (name: string) => path.join(folder, `report-${name}`);
  beforeAll(async () => {
    const study = await writeTinyStudy(folder);
    for (const name of ['plain', 'openblas']) {
      const args = ['run', study, '--data', path.join(folder, name), '--out', report(name)];
      const ended = await start(args, { LINEAR_ALGEBRA: name }).end;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
    }
  }, 700_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has the tables of one by the plain linear algebra, to 1e-9, and says what computed', () => {
    const [plain, openBlas] = [cellsOf(report('plain')), cellsOf(report('openblas'))];
    expect([...openBlas.keys()]).toEqual([...plain.keys()]);
    const apart = [...plain].filter(([place, cell]) => !same(cell, openBlas.get(place)));
    expect(apart.length).toBeGreaterThan(0);
    for (const [place, cell] of apart) {
      expect(place).toMatch(/^provenance\.csv /);
      expect(openBlas.get(place)?.replace(/; by OpenBLAS \d\S* \(\w+\)/, '')).toBe(cell);
    }
  });
});

it('ends a study before anything runs where OpenBLAS is asked for and not there', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-linear-algebra-'));
  const args = [
    'run',
    await writeTinyStudy(folder),
    '--data',
    path.join(folder, 'data'),
    '--out',
    path.join(folder, 'report'),
  ];
  const library = path.join(folder, 'libopenblas.so');
  const ended = await start(args, { LINEAR_ALGEBRA: 'openblas', OPENBLAS_LIBRARY: library }).end;
  expect(ended, ended.stderr).toMatchObject({ code: 2 });
  expect(ended.stderr).toContain(`LINEAR_ALGEBRA=openblas: expected the library OpenBLAS, tried ${library}`);
  expect(ended.stderr).not.toContain('train');
  rmSync(folder, { recursive: true });
}, 90_000);
