import { readdir, readFile } from 'node:fs/promises';
import type { Dataset } from '@palimpsest/contracts';

const image = /\.(png|jpe?g)$/i;
const outline = /_mask(_\d+)?\.png$/i;

/**
 * About how many images a dataset has, without opening one: rows of a CSV, or image files below a folder.
 *
 * @returns undefined when there is nothing at the path, or nothing to count
 */
export async function countImages({
  layout,
  path,
}: Pick<Dataset, 'layout' | 'path'>): Promise<number | undefined> {
  try {
    const count = layout === 'csv' ? await rowsOf(path) : await filesBelow(path);
    return count > 0 ? count : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

async function rowsOf(path: string): Promise<number> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.length - 1;
}

async function filesBelow(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => image.test(name) && !outline.test(name)).length;
}
