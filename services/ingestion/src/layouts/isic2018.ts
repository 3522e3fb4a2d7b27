import { basename, extname, join } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { byCodeUnit, isImageName, listFolder, readText, resolveRoot, unexpected } from './folder.js';
import type { FoundDataset, FoundImage } from './layout.js';
import { parseCsv, type CsvRow } from './parse-csv.js';

const inputFolder = 'ISIC2018_Task3_Training_Input';
const truthFolder = 'ISIC2018_Task3_Training_GroundTruth';
const truthFile = `${truthFolder}/${truthFolder}.csv`;
const labels = ['MEL', 'NV', 'BCC', 'AKIEC', 'BKL', 'DF', 'VASC'];
const published = /(^|\/)(ATTRIBUTION|LICENSE|README)(\.\w+)?$/i;

/**
 * `isic2018`: skin lesions (HAM10000, ISIC 2018 task 3), `ISIC2018_Task3_Training_Input/<image>.jpg` and a one-hot
 * CSV `image,MEL,NV,…` in `ISIC2018_Task3_Training_GroundTruth`; no patients. The path is the folder of the two,
 * or the one in which `ISIC2018` lies. An image that the CSV does not list has no label.
 */
export async function readIsic2018(path: string): Promise<FoundDataset> {
  const root = await resolveRoot(path, 'ISIC2018', [inputFolder]);
  const { files } = await listFolder(root);
  const rows = parseCsv(await readText(join(root, truthFile), 'the one-hot CSV'), truthFile, [
    'image',
    ...labels,
  ]);
  const labelOf = labelsByImage(rows);
  const paths = files.filter((file) => file.startsWith(`${inputFolder}/`) && isImageName(file));
  const names = new Set(paths.map(nameOf));
  const lost = [...labelOf.keys()]
    .filter((name) => !names.has(name))
    .map((name) => `${inputFolder}/${name}.jpg`);
  const images = [...paths, ...lost]
    .sort(byCodeUnit)
    .map((image): FoundImage => ({ path: image, label: labelOf.get(nameOf(image)) ?? null, patient: null }));
  const known = new Set([...paths, truthFile]);
  const rest = files.filter((file) => !known.has(file) && !published.test(file));
  return { root, images, labels, warnings: unexpected('isic2018', rest) };
}

function nameOf(path: string): string {
  return basename(path, extname(path));
}

function labelsByImage(rows: readonly CsvRow[]): Map<string, string | null> {
  const labelOf = new Map<string, string | null>();
  for (const row of rows) {
    const image = row.fields.get('image') ?? '';
    if (labelOf.has(image)) invalid(row, 'an image that is not listed above', image);
    labelOf.set(image, labelOfRow(row));
  }
  return labelOf;
}

function labelOfRow(row: CsvRow): string | null {
  const cells = labels.map((label) => row.fields.get(label) ?? '');
  const wrong = cells.find((cell) => cell.trim() === '' || (Number(cell) !== 0 && Number(cell) !== 1));
  if (wrong !== undefined) invalid(row, '0 or 1 in every column', wrong || 'nothing');
  const ones = labels.filter((_, i) => Number(cells[i]) === 1);
  if (ones.length > 1) invalid(row, 'one label', ones.join(' and '));
  return ones[0] ?? null;
}

function invalid(row: CsvRow, expected: string, found: string): never {
  throw new PlatformError('invalid', `${truthFile} line ${row.line}: expected ${expected}, found ${found}`);
}
