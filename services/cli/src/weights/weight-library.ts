import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { architectures, PlatformError, preprocessings } from '@palimpsest/contracts';
import { loadConfig } from '@palimpsest/platform';
import { z } from 'zod';
import type { FileHashes } from '../download/hash-file.js';

const recordSchema = z.object({
  name: z.string(),
  file: z.string().describe('in the same folder, called by its sha256'),
  sha256: z.string(),
  bytes: z.int(),
  from: z.string().describe('the address or the path it came from'),
  architecture: z.string().describe(`such as ${architectures.join(', ')}`),
  preprocessing: z.enum(preprocessings),
});

/** What is written down of weights that were fetched or imported. */
export type WeightRecord = z.infer<typeof recordSchema>;

/** The weights that were fetched or imported: `DATA_DIR/weights`, files by their hash and a record for each name. */
export class WeightLibrary {
  constructor(readonly folder: string = join(loadConfig().DATA_DIR, 'weights')) {}

  /** Where a download of that name is put together. */
  async partOf(name: string): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return join(this.folder, `${name}.part`);
  }

  /** Where a name is written down. */
  recordOf(name: string): string {
    return join(this.folder, `${name}.json`);
  }

  pathOf({ file }: WeightRecord): string {
    return join(this.folder, file);
  }

  /** Every record, by name. */
  async list(): Promise<WeightRecord[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    const records = names.filter((name) => name.endsWith('.json')).sort();
    return Promise.all(records.map((name) => this.#read(join(this.folder, name))));
  }

  async get(name: string): Promise<WeightRecord | undefined> {
    const path = this.recordOf(name);
    const there = await stat(path).catch(() => undefined);
    return there ? this.#read(path) : undefined;
  }

  /**
   * Puts a file under its hash and writes down its name, each all or nothing.
   *
   * @param how.move whether the file is moved, else it is copied
   * @throws PlatformError `conflict` when the name belongs to other content
   */
  async keep(path: string, { hashes, move, ...about }: KeepOptions): Promise<WeightRecord> {
    const before = await this.get(about.name);
    if (before && before.sha256 !== hashes.sha256) {
      const found = `the one with sha256 ${hashes.sha256}`;
      throw new PlatformError(
        'conflict',
        `weights ${about.name}: expected the file with sha256 ${before.sha256} as before, found ${found}; choose another name`,
      );
    }
    await mkdir(this.folder, { recursive: true });
    const record = { ...about, ...keptAs(path, hashes) };
    await this.#place(path, this.pathOf(record), move);
    await replace(this.recordOf(about.name), (to) => writeFile(to, `${JSON.stringify(record, null, 2)}\n`));
    return record;
  }

  async #place(from: string, to: string, move: boolean): Promise<void> {
    if (move) await rename(from, to);
    else if (from !== to) await replace(to, (part) => copyFile(from, part));
  }

  async #read(path: string): Promise<WeightRecord> {
    const parsed = recordSchema.safeParse(await parseJson(path));
    if (parsed.success) return parsed.data;
    const problem = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new PlatformError('corrupt', `${path}: expected a record of weights, found ${problem}`);
  }
}

type KeepOptions = Omit<WeightRecord, 'file' | 'sha256' | 'bytes'> & { hashes: FileHashes; move: boolean };

function keptAs(
  path: string,
  { sha256, bytes }: FileHashes,
): Pick<WeightRecord, 'file' | 'sha256' | 'bytes'> {
  const ending = extname(path) === '.part' ? '' : extname(path);
  return { file: `${sha256}${ending}`, sha256, bytes };
}

async function replace(path: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${path}.${process.pid}.new`;
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

async function parseJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
