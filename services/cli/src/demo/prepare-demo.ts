import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { encodePng } from '@palimpsest/images';
import { Random, seedFrom } from '@palimpsest/numerics';
import { drawDataset, type DatasetName } from '@palimpsest/phantoms';
import { loadConfig } from '@palimpsest/platform';
import { note } from '../streams.js';
import { demoSizes, demoStudy } from './demo-study.js';

/** Draws the demo's datasets, unless they lie there already, and writes its study beside them. @returns the study file */
export async function prepareDemo(): Promise<string> {
  const folder = resolve(loadConfig().DATA_DIR, 'demo');
  await mkdir(folder, { recursive: true });
  if (!(await isDrawn(folder))) await drawAll(folder);
  const study = join(folder, 'demo.yaml');
  await writeFile(study, demoStudy);
  return study;
}

const madeWith = JSON.stringify(demoSizes);
const stamp = join('datasets', 'made-with.json');

async function isDrawn(folder: string): Promise<boolean> {
  return existsSync(join(folder, stamp)) && (await readFile(join(folder, stamp), 'utf8')) === madeWith;
}

/** All or nothing, so that an interrupted demo never studies half a dataset. */
async function drawAll(folder: string): Promise<void> {
  note(`drawing synthetic images into ${join(folder, 'datasets')}`);
  const fresh = await mkdtemp(join(folder, '.datasets-'));
  try {
    for (const name of Object.keys(demoSizes.subjects) as DatasetName[]) await drawInto(fresh, name);
    await writeFile(join(fresh, 'made-with.json'), madeWith);
    await rm(join(folder, 'datasets'), { recursive: true, force: true });
    await rename(fresh, join(folder, 'datasets'));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** `<name>/*.png` and `<name>.csv`. */
async function drawInto(folder: string, name: DatasetName): Promise<void> {
  const { pixels: size, subjects, seed } = demoSizes;
  const random = (...parts: (string | number)[]) => new Random(seedFrom(seed, ...parts));
  const rows: string[] = [];
  await mkdir(join(folder, name));
  for (const { fileName, label, patient, image } of drawDataset(name, {
    subjects: subjects[name],
    size,
    random,
  })) {
    await writeFile(join(folder, name, fileName), await encodePng(image));
    rows.push([`${name}/${fileName}`, label, ...(patient === undefined ? [] : [patient])].join(','));
  }
  const columns = rows[0]?.split(',').length === 3 ? 'path,label,patient' : 'path,label';
  await writeFile(join(folder, `${name}.csv`), `${[columns, ...rows].join('\n')}\n`);
}
