import { stat } from 'node:fs/promises';
import { basename, dirname, posix } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { expecting, readText } from './folder.js';
import type { FoundDataset, FoundImage } from './layout.js';
import { parseCsv, type CsvRow } from './parse-csv.js';

/**
 * `csv`: a file with the columns `path`, `label` and, where patients are known, `patient`; other columns are
 * passed over. Paths are relative to the file; an empty label or patient is none. Blanks around a label or a
 * patient are dropped, lest one patient become two. The order is that of the rows.
 */
export async function readCsv(path: string): Promise<FoundDataset> {
  const found = await expecting('a CSV file', path, stat(path));
  if (!found.isFile()) throw new PlatformError('invalid', `${path}: expected a CSV file, found a folder`);
  const name = basename(path);
  const rows = parseCsv(await readText(path, 'a CSV file'), name, ['path', 'label']);
  if (rows.length === 0) throw new PlatformError('invalid', `${path}: expected rows, found a header alone`);
  const images = rows.map((row) => imageOf(row, name));
  return {
    root: dirname(path),
    images,
    labels: [...new Set(images.flatMap(({ label }) => label ?? []))],
    warnings: [],
  };
}

function imageOf({ line, fields }: CsvRow, name: string): FoundImage {
  const path = fields.get('path');
  if (!path) throw new PlatformError('invalid', `${name} line ${line}: expected a path, found nothing`);
  return {
    path: posix.normalize(path.replaceAll('\\', '/')),
    label: fields.get('label')?.trim() || null,
    patient: fields.get('patient')?.trim() || null,
  };
}
