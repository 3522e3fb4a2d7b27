import { resolve } from 'node:path';
import type { WeightLibrary, WeightRecord } from './weight-library.js';

/** The lines that bring weights into a study file. */
export function studyLines(
  library: WeightLibrary,
  record: WeightRecord,
  { mustAccept }: { mustAccept: boolean },
): string {
  return [
    'sources:',
    `  ${record.name}:`,
    `    weights: ${JSON.stringify(resolve(library.pathOf(record)))}`,
    `    preprocessing: ${record.preprocessing}`,
    ...(mustAccept
      ? ['    acceptDifferences: true # another network than ours; see `palimpsest weights inspect`']
      : []),
  ].join('\n');
}
