import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';

/**
 * That a report may be written to a folder: it is not there, empty, or holds an earlier report.
 *
 * @throws PlatformError `conflict` for a folder that holds something else, which is not ours to replace
 */
export async function requireReportFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch(() => [basename(folder)]);
  if (names.length === 0 || names.includes('report.html')) return;
  throw new PlatformError(
    'conflict',
    `--out ${folder}: expected an empty folder or an earlier report, found ${String(names[0])}`,
  );
}

/**
 * Writes a report, all or nothing: an interrupted download leaves what was there before.
 *
 * @param files paths of its files @param read the bytes of one
 */
export async function writeReportFolder(
  folder: string,
  files: string[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<void> {
  await requireReportFolder(folder);
  const parent = dirname(resolve(folder));
  await mkdir(parent, { recursive: true });
  const fresh = await mkdtemp(join(parent, '.palimpsest-report-'));
  try {
    for (const path of files) {
      const to = resolve(fresh, path);
      if (!to.startsWith(fresh + sep))
        throw new PlatformError('corrupt', `report: its file "${path}" lies outside of it`);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, await read(path));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** What was found, in a sentence or a few: the first paragraphs of the report's `findings.md`, without its heading. */
export function shortFindings(markdown: string): string[] {
  const top = markdown.split('\n## ')[0] ?? '';
  return top
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
