import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { decodeImage, preprocess, resizeNearest, toRgb } from '@palimpsest/images';
import { expecting } from '@palimpsest/ingestion';
import type { Engine } from '@palimpsest/networks';
import type { Checkpoint } from './read-checkpoint.js';

/** What a network says of an image, or why it could not be asked. */
export type Prediction =
  { path: string; predicted: string; probabilities: number[] } | { path: string; problem: string };

export interface PredictOptions {
  engine: Engine;
  threads: number;
  signal: AbortSignal;
  progress: (done: number, of: number) => void;
}

const batchSize = 32;
const readable = /\.(png|jpe?g)$/i;

/**
 * Asks a network about images, prepared as those that it was trained on: resized to the nearest pixel, normalised as
 * its source says, not augmented.
 *
 * @param place an image, or a folder whose images are taken, those of its folders too, links followed
 * @throws PlatformError `not-found` when nothing is there, or no image; the signal's reason
 */
export async function* predictImages(
  checkpoint: Checkpoint,
  place: string,
  { engine, threads, signal, progress }: PredictOptions,
): AsyncGenerator<Prediction> {
  const files = await imagesAt(place);
  const predictor = await engine.infer(checkpoint.network, checkpoint.weights, { threads });
  try {
    for (let start = 0; start < files.length; start += batchSize) {
      signal.throwIfAborted();
      const batch = files.slice(start, start + batchSize);
      const read = await Promise.all(batch.map((file) => pixelsOf(file, checkpoint.imageSize)));
      const whole = read.filter((each) => each instanceof Uint8Array);
      const images = preprocess(Buffer.concat(whole), checkpoint.preprocessing);
      const { probabilities } =
        whole.length > 0 ? await predictor.run(images) : { probabilities: new Float32Array() };
      yield* predictionsOf(batch, read, { classes: checkpoint.classes, probabilities });
      progress(start + batch.length, files.length);
    }
  } finally {
    await predictor.dispose();
  }
}

function* predictionsOf(
  files: string[],
  read: (Uint8Array | string)[],
  { classes, probabilities }: { classes: string[]; probabilities: Float32Array },
): Generator<Prediction> {
  let row = 0;
  for (const [i, found] of read.entries()) {
    const file = files[i] as string;
    if (typeof found === 'string') {
      yield { path: file, problem: found };
      continue;
    }
    const values = [...probabilities.subarray(row * classes.length, (row + 1) * classes.length)];
    row++;
    yield {
      path: file,
      predicted: classes[values.indexOf(Math.max(...values))] ?? '',
      probabilities: values,
    };
  }
}

/** @returns what is wrong with the file, where it is no image */
async function pixelsOf(file: string, imageSize: number): Promise<Uint8Array | string> {
  try {
    const image = await decodeImage(await expecting('an image', file, readFile(file)), file);
    return Uint8Array.from(toRgb(resizeNearest(image, { height: imageSize, width: imageSize })).pixels);
  } catch (error) {
    return messageOf(error);
  }
}

async function imagesAt(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (!found) throw new PlatformError('not-found', `${place}: expected an image or a folder, found nothing`);
  if (found.isFile()) return [place];
  const files = await imagesBelow(place, []);
  if (files.length === 0)
    throw new PlatformError('not-found', `${place}: expected PNG or JPEG files, found none`);
  return files.sort();
}

/**
 * Links are followed, but not to a folder that contains them: what is in it is found anyway. A link that leads nowhere
 * counts as what its name says.
 */
async function imagesBelow(folder: string, ancestors: string[]): Promise<string[]> {
  const real = await realpath(folder);
  if (ancestors.includes(real)) return [];
  const files: string[] = [];
  for (const entry of await expecting('a folder', folder, readdir(folder, { withFileTypes: true }))) {
    const file = path.join(folder, entry.name);
    const found = entry.isSymbolicLink() ? await stat(file).catch(() => undefined) : entry;
    if (found?.isDirectory()) files.push(...(await imagesBelow(file, [...ancestors, real])));
    else if (found?.isFile() !== false && readable.test(entry.name)) files.push(file);
  }
  return files;
}
