import { rename, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { openWeights } from '@palimpsest/ingestion';
import { weightSource, weightSources, type WeightSource } from '@palimpsest/networks';
import { interruption } from '../interrupt.js';
import { note, print, printJson } from '../streams.js';
import { DownloadPrinter } from '../download/download-printer.js';
import { download, forgetDownload } from '../download/download.js';
import { hashFile, hashText, hasHash, type FileHashes } from '../download/hash-file.js';
import { studyLines } from './study-lines.js';
import { WeightLibrary, type WeightRecord } from './weight-library.js';

interface FetchOptions {
  from?: string;
  json?: boolean;
}

/**
 * Fetches a known source into the library, unless it is there and whole, and prints the lines for a study.
 *
 * @throws PlatformError `not-found` for an unknown name or one that cannot be fetched, `corrupt` when the file has not
 *   the published hash, and as the download has it
 */
export async function fetchWeights(name: string, { from, json }: FetchOptions): Promise<void> {
  const source = known(name);
  const library = new WeightLibrary();
  const record = (await alreadyHere(library, source)) ?? (await fetchSource(library, source, from));
  if (source.caution !== null) note(`${name}: ${source.caution}`);
  if (json) printJson({ ...record, path: library.pathOf(record) });
  else print(studyLines(name, { mustAccept: source.caution !== null }));
}

/** @throws PlatformError `not-found`, listing the names there are */
function known(name: string): WeightSource {
  const source = weightSource(name);
  if (source) return source;
  const names = weightSources.map((one) => one.name).join(', ');
  throw new PlatformError('not-found', `weights ${name}: expected one of ${names}`);
}

/**
 * What is kept under the name, once it is read through. Nothing when it is gone or altered: it is fetched anew.
 *
 * @throws PlatformError `corrupt` when it is what was kept, but not what is published
 */
async function alreadyHere(
  library: WeightLibrary,
  { name, hash }: WeightSource,
): Promise<WeightRecord | undefined> {
  const record = await library.get(name);
  const path = record && library.pathOf(record);
  if (!path || !(await stat(path).catch(() => undefined))) return undefined;
  const found = await hashFile(path);
  if (found.sha256 !== record.sha256) {
    note(`${path}: expected sha256 ${record.sha256} as it was written down, found ${found.sha256}`);
    return undefined;
  }
  if (hash && !hasHash(found, hash)) {
    const fault = `expected the published ${hashText(hash)}, found ${found[hash.algorithm]}`;
    const hint = `remove ${library.recordOf(name)} to fetch it anew`;
    throw new PlatformError('corrupt', `weights ${name}, ${path}: ${fault}; ${hint}`);
  }
  const as = hash ? `the published ${hashText(hash)}` : `sha256 ${record.sha256} as it was written down`;
  note(`${name} is there, with ${as}`);
  return record;
}

async function fetchSource(
  library: WeightLibrary,
  source: WeightSource,
  mirror: string | undefined,
): Promise<WeightRecord> {
  const url = mirror ?? source.address;
  if (url === null) throw byHand(source);
  note(`${source.title}, licence ${source.licence}\nfrom ${url}`);
  const part = await library.partOf(source.name);
  const printer = new DownloadPrinter(process.stderr);
  const { signal, release } = interruption();
  try {
    await download({ url, part, signal, onProgress: (progress) => printer.update(progress) });
  } finally {
    printer.close();
    release();
  }
  return keepChecked(library, source, { url, part });
}

async function keepChecked(
  library: WeightLibrary,
  source: WeightSource,
  { url, part }: { url: string; part: string },
): Promise<WeightRecord> {
  const hashes = await hashFile(part);
  try {
    await requireSource(part, source, hashes);
  } catch (cause) {
    await forgetDownload(part);
    const code = cause instanceof PlatformError ? cause.code : 'corrupt';
    const fault = messageOf(cause).replace(`${part}: `, '');
    throw new PlatformError(code, `weights ${source.name} from ${url}: ${fault}; removed`, { cause });
  }
  const whole = `${part.slice(0, -'.part'.length)}.whole${extname(source.file)}`;
  await rename(part, whole);
  const { name, architecture, preprocessing } = source;
  return library.keep(whole, { name, architecture, preprocessing, from: url, hashes, move: true });
}

/** The published hash; where none is published, at least weights. */
async function requireSource(part: string, { hash }: WeightSource, hashes: FileHashes): Promise<void> {
  if (!hash) await openWeights(part);
  else if (!hasHash(hashes, hash)) {
    const found = `${hashes[hash.algorithm]} in ${hashes.bytes} bytes`;
    throw new PlatformError('corrupt', `expected ${hashText(hash)}, found ${found}`);
  }
}

function byHand({ name, page, file }: WeightSource): PlatformError {
  const how = `get ${file} from ${page} and run \`palimpsest weights import ${file} --as ${name}\``;
  return new PlatformError(
    'not-found',
    `weights ${name}: its publisher gives no address to fetch from; ${how}`,
  );
}
