import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodePng } from '@palimpsest/images';
import { Random, seedFrom } from '@palimpsest/numerics';
import { drawDataset } from '@palimpsest/phantoms';

/** Draws a dataset as PNG files with a CSV file beside them. @returns the CSV's path */
async function writeDataset(folder, name, subjects) {
  const rows = ['path,label,patient'];
  mkdirSync(path.join(folder, name), { recursive: true });
  for (const drawn of drawDataset(name, {
    subjects,
    size: 32,
    random: (...parts) => new Random(seedFrom('tiny', ...parts)),
  })) {
    writeFileSync(path.join(folder, name, drawn.fileName), await encodePng(drawn.image));
    rows.push([drawn.fileName, drawn.label, drawn.patient ?? ''].join(','));
  }
  const file = path.join(folder, name, `${name}.csv`);
  writeFileSync(file, `${rows.join('\n')}\n`);
  return file;
}

/**
 * Writes a study that runs in seconds: one target, one pre-trained source and a random one, two folds, a few epochs.
 *
 * @param {string} folder where its images and its YAML file go
 * @param {string} [extra] YAML lines appended at the top level
 * @returns {Promise<string>} the study file
 */
export async function writeTinyStudy(folder, extra = '') {
  await writeDataset(folder, 'radiology', 72);
  await writeDataset(folder, 'nodules', 24);
  const file = path.join(folder, 'tiny.yaml');
  writeFileSync(
    file,
    `name: tiny
synthetic: true
datasets:
  radiology: { layout: csv, path: radiology/radiology.csv, imageSize: 32, batchSize: 16, split: { folds: 2, group: none } }
targets:
  nodules: { layout: csv, path: nodules/nodules.csv, imageSize: 32, batchSize: 16, split: { folds: 2 } }
sources:
  radiology: { pretrain: radiology }
  random: { random: true }
network: { architecture: resnet-mini }
training:
  pretrain: { learningRate: 0.002, maxEpochs: 2 }
  finetune: { learningRate: 0.001, maxEpochs: 2 }
  head: { learningRate: 0.005, maxEpochs: 2 }
analysis: { points: 200, channels: 8, repeats: 2, resamples: 100 }
${extra}`,
  );
  return file;
}
