import { join, resolve } from 'node:path';
import type { RegisteredWeights } from '@palimpsest/api';
import { PlatformError } from '@palimpsest/contracts';
import { weightSource, weightSources } from '@palimpsest/networks';
import { hashFile } from '../download/hash-file.js';
import { WeightLibrary, type WeightRecord } from './weight-library.js';

/** Weights of the library, as a study may name them. */
export async function weightsHere(library = new WeightLibrary()): Promise<RegisteredWeights[]> {
  return (await library.list()).map((record) => asNamed(record, library.pathOf(record)));
}

/** The same, and known ones that are still to be fetched: enough for a plan. */
export async function weightsKnown(): Promise<RegisteredWeights[]> {
  const library = new WeightLibrary();
  const here = await weightsHere(library);
  const missing = weightSources.filter((source) => !here.some(({ name }) => name === source.name));
  return [...here, ...missing.map((source) => asNamed(source, join(library.folder, source.file)))];
}

/**
 * Reads the files of weights through.
 *
 * @throws PlatformError `not-found` when one is gone, `corrupt` when it is not what was fetched or imported
 */
export async function requireWhole(weights: readonly RegisteredWeights[] = []): Promise<void> {
  const library = new WeightLibrary();
  for (const { name, brings } of weights) {
    const [record, found] = [await library.get(name), await hashFile(brings.weights)];
    if (record?.sha256 === found.sha256) continue;
    const expected = `sha256 ${String(record?.sha256)} as it was fetched or imported`;
    throw new PlatformError(
      'corrupt',
      `weights ${name}, ${brings.weights}: expected ${expected}, found ${found.sha256}; remove the file and get it again`,
    );
  }
}

function asNamed(
  { name, architecture, preprocessing }: Pick<WeightRecord, 'name' | 'architecture' | 'preprocessing'>,
  file: string,
): RegisteredWeights {
  const source = weightSource(name);
  const terms = source && { licence: source.licence, citation: source.citation };
  return { name, architecture, brings: { weights: resolve(file), preprocessing, ...terms } };
}
