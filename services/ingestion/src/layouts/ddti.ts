import { join } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { listNames } from '../list-names.js';
import { isImageName, listFolder, readText, unexpected } from './folder.js';
import type { FoundDataset } from './layout.js';

/** What the paper makes of TI-RADS, the score that a radiologist gave the nodule. */
const labelOfTirads = new Map<string, string | null>([
  ['', null],
  ['2', 'benign'],
  ['3', 'benign'],
  ['4a', 'malignant'],
  ['4b', 'malignant'],
  ['4c', 'malignant'],
  ['5', 'malignant'],
]);

const imagePath = /^([^/]+)_\d+\.[^/]+$/;
const casePath = /^([^/]+)\.xml$/i;

/**
 * `ddti`: thyroid ultrasound (Pedraza 2015), a flat folder of `<case>_<n>.jpg` and `<case>.xml`. The label is
 * benign for TI-RADS 2 and 3, malignant for 4a, 4b, 4c and 5; a case without a score has none. The case is the
 * patient.
 */
export async function readDdti(path: string): Promise<FoundDataset> {
  const { files } = await listFolder(path);
  const patientOf = new Map(files.filter(isImageName).flatMap((file) => named(imagePath, file)));
  if (patientOf.size === 0) {
    throw new PlatformError('invalid', `${path}: expected images named <case>_<n>.jpg, found none`);
  }
  const cases = new Map(files.flatMap((file) => named(casePath, file)).map(([file, name]) => [name, file]));
  const patients = new Set(patientOf.values());
  const labels = new Map<string, string | null>();
  for (const patient of patients) labels.set(patient, await labelOf(path, cases.get(patient)));
  return {
    root: path,
    images: [...patientOf].map(([image, patient]) => ({
      path: image,
      label: labels.get(patient) ?? null,
      patient,
    })),
    labels: ['benign', 'malignant'],
    warnings: [
      ...listing(
        'cases with images, but no XML',
        [...patients].filter((name) => !cases.has(name)),
      ),
      ...listing(
        'XML that describes no image',
        [...cases].flatMap(([name, file]) => (patients.has(name) ? [] : [file])),
      ),
      ...unexpected(
        'ddti',
        files.filter((file) => !patientOf.has(file) && !casePath.test(file)),
      ),
    ],
  };
}

function listing(what: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${what}: ${listNames(names)}`] : [];
}

/** The file and the case in its name, if that is how it is named. */
function named(pattern: RegExp, file: string): [file: string, name: string][] {
  const name = pattern.exec(file)?.[1];
  return name === undefined ? [] : [[file, name]];
}

async function labelOf(root: string, file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  const text = await readText(join(root, file), 'the description of a case');
  const tirads = /<tirads\s*>([^<]*)<\/tirads\s*>|<tirads\s*\/>/i.exec(text);
  if (!tirads && !/<\/case\s*>\s*$/i.test(text)) {
    throw new PlatformError(
      'invalid',
      `${join(root, file)}: expected <tirads> in a <case>, found neither whole`,
    );
  }
  const score = (tirads?.[1] ?? '').trim().toLowerCase();
  const label = labelOfTirads.get(score);
  if (label === undefined) {
    const expected = [...labelOfTirads.keys()].filter(Boolean).join(', ');
    throw new PlatformError(
      'invalid',
      `${join(root, file)}: expected TI-RADS ${expected} or nothing, found "${score}"`,
    );
  }
  return label;
}
