import type { Dataset } from '@palimpsest/contracts';
import { assignFolds, readDataset, type LabelledImage } from '@palimpsest/ingestion';
import { table } from '../text.js';

/** What is split, and how. */
export interface FoldsRequest extends Pick<Dataset, 'layout' | 'path' | 'unlabelled'> {
  folds: number;
  group: Dataset['split']['group'];
  seed: number;
}

/** A dataset's folds as CSV, and in a few lines. @throws PlatformError as reading and splitting do */
export async function foldsOf(request: FoldsRequest): Promise<{ csv: string; summary: string }> {
  const { layout, path, unlabelled, folds, group, seed } = request;
  const { images, excluded, warnings } = await readDataset({ layout, path, unlabelled, labels: {} });
  const assigned = assignFolds(images, { folds, group, seed, holdout: 'shared' });
  const rows = images.map((image, i) => ({ ...image, fold: assigned.placements[i]?.fold ?? 0 }));
  const notes = [...warnings, ...assigned.warnings].map((warning) => `warning: ${warning}`);
  if (excluded.length > 0) notes.push(`${excluded.length} images are left out: they have no label`);
  return { csv: csvOf(rows), summary: summaryOf(rows, { folds, group, notes }) };
}

type Row = LabelledImage & { fold: number };

function csvOf(rows: Row[]): string {
  const lines = rows.map(({ path, label, patient, fold }) =>
    [path, label, patient ?? '', String(fold)].map(cell).join(','),
  );
  return `${['path,label,patient,fold', ...lines].join('\n')}\n`;
}

const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function summaryOf(
  rows: Row[],
  { folds, group, notes }: { folds: number; group: string; notes: string[] },
): string {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const lines = Array.from({ length: folds }, (_, i) => {
    const own = rows.filter((row) => row.fold === i + 1);
    const patients = new Set(own.flatMap((row) => row.patient ?? []));
    const counts = labels.map((label) => String(own.filter((row) => row.label === label).length));
    return [String(i + 1), String(own.length), patients.size > 0 ? String(patients.size) : '-', ...counts];
  });
  const how = group === 'patient' ? 'all images of a patient in one fold' : 'stratified by label';
  return [
    `${rows.length} images, ${folds} folds, ${how}`,
    '',
    table(['fold', 'images', 'patients', ...labels], lines),
    '',
    ...notes,
    'A row for each image: add --csv',
  ].join('\n');
}
