import { extname, resolve } from 'node:path';
import { architectures, PlatformError, type Preprocessing } from '@palimpsest/contracts';
import { weightSource, weightSources, type WeightSource } from '@palimpsest/networks';
import { note, print, printJson } from '../streams.js';
import { examine, fitting, type Fit } from './examine.js';
import { hashFile, hashText, hasHash, type FileHashes } from '../download/hash-file.js';
import { studyLines } from './study-lines.js';
import { WeightLibrary } from './weight-library.js';

/** Options of `weights import` as they are given. */
export interface ImportOptions {
  as?: string;
  architecture?: string;
  preprocessing?: Preprocessing;
  json?: boolean;
}

/**
 * Copies a file into the library under a name, once it is known to hold the network that the name stands for, and
 * prints the lines for a study. A file with a published hash needs no name.
 *
 * @throws PlatformError `invalid` when a name or the preprocessing is not known or the file does not hold the network,
 *   `corrupt` when it has not the hash that the name stands for
 */
export async function importFile(file: string, options: ImportOptions): Promise<void> {
  if (extname(file) === '.json') {
    const hint = 'a model in several files stays where it is: name its model.json in the study';
    throw new PlatformError('invalid', `${file}: expected weights in one file; ${hint}`);
  }
  const hashes = await hashFile(file);
  const { source, name, preprocessing } = identify(file, hashes, options);
  const { architecture, differences } = await checkedFit(file, options.architecture ?? source?.architecture);
  const library = new WeightLibrary();
  const from = resolve(file);
  const record = await library.keep(from, { name, architecture, preprocessing, from, hashes, move: false });
  note(`imported ${file} as ${name}, sha256 ${record.sha256}`);
  if (source?.hash === null) {
    note('its publisher states no hash, so nothing says that it is the file it is called');
  }
  const mattering = differences.filter(({ matters }) => matters);
  for (const { text } of mattering) note(`a study has to accept: ${text}`);
  if (options.json) printJson({ ...record, path: library.pathOf(record) });
  else print(studyLines(name, { mustAccept: mattering.length > 0 }));
}

interface Identity {
  source: WeightSource | undefined;
  name: string;
  preprocessing: Preprocessing;
}

/** What the file is to be known as. @throws PlatformError as `importFile` has it */
function identify(file: string, hashes: FileHashes, options: ImportOptions): Identity {
  const source = sourceFor(hashes, options);
  const name = options.as ?? source?.name;
  const preprocessing = options.preprocessing ?? source?.preprocessing;
  if (name === undefined) throw missing(file, '--as <name>');
  if (preprocessing === undefined) throw missing(file, '--preprocessing <how>');
  if (!source?.hash || hasHash(hashes, source.hash)) return { source, name, preprocessing };
  const expected = `${hashText(source.hash)} of ${name}`;
  const found = hashes[source.hash.algorithm];
  throw new PlatformError('corrupt', `${file}: expected ${expected}, found ${found}`);
}

/** The known source of that name, or the one with that hash. */
function sourceFor(hashes: FileHashes, { as }: ImportOptions): WeightSource | undefined {
  if (as !== undefined) return weightSource(as);
  return weightSources.find(({ hash }) => hash && hasHash(hashes, hash));
}

/** @returns how the file fits; an architecture that this release does not build is taken on trust, and said to be */
async function checkedFit(
  file: string,
  wanted: string | undefined,
): Promise<{ architecture: string; differences: Fit['differences'] }> {
  if (wanted !== undefined && !architectures.some((one) => one === wanted)) {
    note(`${wanted} is not built by this release: the file was not checked against it`);
    return { architecture: wanted, differences: [] };
  }
  const found = await examine(file);
  const fit =
    wanted === undefined ? fitting(found)[0] : found.fits.find((one) => one.architecture === wanted);
  if (fit && fit.fault === null) return fit;
  const fault =
    fit?.fault ??
    found.fits.map(({ architecture, fault: why }) => `${architecture}: ${why ?? ''}`).join('; ');
  throw new PlatformError('invalid', `${file}: ${fault}`);
}

function missing(file: string, option: string): PlatformError {
  const found = 'no published weights with its hash and no such option';
  return new PlatformError('invalid', `${file}: expected ${option}, found ${found}`);
}
