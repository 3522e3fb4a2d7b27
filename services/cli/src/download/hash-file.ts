import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { expecting } from '@palimpsest/ingestion';
import type { PublishedHash } from '@palimpsest/networks';

/** What a file is known by, in hexadecimal, and how long it is. */
export interface FileHashes {
  sha256: string;
  md5: string;
  bytes: number;
}

/** Reads a file once. @throws PlatformError naming it */
export async function hashFile(path: string): Promise<FileHashes> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let bytes = 0;
  const reading = pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      sha256.update(chunk);
      md5.update(chunk);
      bytes += chunk.length;
    }
  });
  await expecting('a file of weights', path, reading);
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), bytes };
}

/** Whether a file has the published hash; of a sha256 only the beginning may be published. */
export function hasHash(found: FileHashes, { algorithm, value }: PublishedHash): boolean {
  return algorithm === 'md5' ? found.md5 === value : found.sha256.startsWith(value);
}

/** The published hash for people. */
export function hashText({ algorithm, value }: PublishedHash): string {
  return `${algorithm} ${value}${algorithm === 'sha256' && value.length < 64 ? '…' : ''}`;
}
