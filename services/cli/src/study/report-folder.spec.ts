import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireReportFolder, shortFindings, writeReportFolder } from './report-folder.js';

describe("a report's folder", () => {
  let place: string;
  beforeEach(() => (place = mkdtempSync(join(tmpdir(), 'palimpsest-report-'))));
  afterEach(() => rmSync(place, { recursive: true }));

  const read = (path: string) => Promise.resolve(new TextEncoder().encode(path));

  it('is made with all its files', async () => {
    const out = join(place, 'deep', 'report');
    await writeReportFolder(out, ['report.html', 'figures/auc.svg'], read);
    expect(readFileSync(join(out, 'figures', 'auc.svg'), 'utf8')).toBe('figures/auc.svg');
    expect(readdirSync(join(place, 'deep'))).toEqual(['report']);
  });

  it('replaces an earlier report as a whole', async () => {
    const out = join(place, 'report');
    await writeReportFolder(out, ['report.html', 'old.csv'], read);
    await writeReportFolder(out, ['report.html'], read);
    expect(readdirSync(out)).toEqual(['report.html']);
  });

  it('stays as it was when a file cannot be fetched', async () => {
    const out = join(place, 'report');
    await writeReportFolder(out, ['report.html'], read);
    const failing = (path: string) => (path === 'b' ? Promise.reject(new Error('gone')) : read(path));
    await expect(writeReportFolder(out, ['a', 'b'], failing)).rejects.toThrow('gone');
    expect(readdirSync(out)).toEqual(['report.html']);
    expect(readdirSync(place)).toEqual(['report']);
  });

  it('is not one that holds something else', async () => {
    mkdirSync(join(place, 'mine'));
    writeFileSync(join(place, 'mine', 'thesis.tex'), '');
    await expect(requireReportFolder(join(place, 'mine'))).rejects.toThrow('found thesis.tex');
  });

  it('never reaches outside of itself', async () => {
    await expect(writeReportFolder(join(place, 'report'), ['../evil'], read)).rejects.toThrow('lies outside');
    expect(readdirSync(place)).toEqual([]);
  });
});

describe('findings in short', () => {
  it('are what stands above the first section', () => {
    const text =
      '# demo: what was found\n\nThe images were made.\n\nOne wins.\n\n## Which start wins\n\n- more\n';
    expect(shortFindings(text)).toEqual(['The images were made.', 'One wins.']);
  });
});
