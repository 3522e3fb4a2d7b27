import { stat } from 'node:fs/promises';
import { PlatformError } from '@palimpsest/contracts';
import { weightSource, weightSources } from '@palimpsest/networks';
import { exitCodes } from '../exit-codes.js';
import { print, printJson } from '../streams.js';
import { examine, fitting } from './examine.js';
import { hashFile, hashText, hasHash, type FileHashes } from '../download/hash-file.js';
import { WeightLibrary } from './weight-library.js';

/** What was found out about weights. */
interface Verdict {
  path: string;
  sha256: string;
  md5: string;
  /** Known sources with this hash. */
  is: string[];
  /** Architectures whose base is complete in it. */
  holds: string[];
  /** What is wrong; nothing when all is well. */
  faults: string[];
}

/**
 * Reads weights through, those of the library or a file, and compares them with the hash that was written down or
 * published, and with the networks.
 *
 * @returns the exit code: 1 when something is wrong
 */
export async function verifyWeights(what: string, { json }: { json?: boolean }): Promise<number> {
  const verdict = await judge(what);
  if (json) printJson(verdict);
  else print(verdictText(verdict));
  return verdict.faults.length > 0 ? exitCodes.bug : exitCodes.ok;
}

async function judge(what: string): Promise<Verdict> {
  const library = new WeightLibrary();
  const record = await library.get(what);
  const path = record ? library.pathOf(record) : what;
  if (!record && !(await stat(path).catch(() => undefined))) {
    throw new PlatformError(
      'not-found',
      `${what}: expected a file or the name of weights that are here, found neither`,
    );
  }
  const hashes = await hashFile(path);
  const { sha256, md5 } = hashes;
  const written =
    record && record.sha256 !== sha256 ? [`expected sha256 ${record.sha256}, found ${sha256}`] : [];
  const { holds, faults } = await contentOf(path);
  return {
    path,
    sha256,
    md5,
    is: weightSources.filter(({ hash }) => hash && hasHash(hashes, hash)).map(({ name }) => name),
    holds,
    faults: [...written, ...published(what, hashes), ...faults],
  };
}

function published(name: string, hashes: FileHashes): string[] {
  const hash = weightSource(name)?.hash;
  if (!hash || hasHash(hashes, hash)) return [];
  return [`expected the published ${hashText(hash)}, found ${hashes[hash.algorithm]}`];
}

async function contentOf(path: string): Promise<{ holds: string[]; faults: string[] }> {
  try {
    const found = await examine(path);
    return { holds: fitting(found).map(({ architecture }) => architecture), faults: found.faults };
  } catch (error) {
    if (error instanceof PlatformError) return { holds: [], faults: [error.message] };
    throw error;
  }
}

function verdictText({ path, sha256, md5, is, holds, faults }: Verdict): string {
  return [
    path,
    `sha256 ${sha256}`,
    `md5 ${md5}`,
    is.length > 0 ? `the published file of ${is.join(', ')}` : 'no published hash is that of this file',
    holds.length > 0
      ? `holds the base of ${holds.join(', ')}`
      : 'holds the base of no network of this release',
    ...faults.map((fault) => `FAULT ${fault}`),
  ].join('\n');
}
