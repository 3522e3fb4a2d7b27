import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PlatformError, messageOf, type ErrorCode } from '@palimpsest/contracts';
import { isGone, thisProcess } from '../process-owner.js';
import type { StoreDriver } from './store.js';

const TEMPORARY = '.tmp';
const DAY_MS = 86_400_000;

/** A store in a folder. What is being written lies in `.tmp`, on the same file system, until it is whole. */
export class FileStore implements StoreDriver {
  readonly #root: string;
  #swept: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async write(key: string, body: Uint8Array): Promise<void> {
    await this.#translated(`write ${key}`, async () => {
      await this.#sweepOnce();
      const temporary = this.#path(`${TEMPORARY}/${temporaryName()}`);
      try {
        await writeThrough(temporary, body);
        await mkdir(dirname(this.#path(key)), { recursive: true });
        await rename(temporary, this.#path(key));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  async read(key: string, range?: [number, number]): Promise<Uint8Array | undefined> {
    return this.#translated(`read ${key}`, () =>
      unlessAbsent(() => (range ? readRange(this.#path(key), range) : readFile(this.#path(key)))),
    );
  }

  async exists(key: string): Promise<boolean> {
    const found = await this.#translated(`look for ${key}`, () => unlessAbsent(() => stat(this.#path(key))));
    return found?.isFile() ?? false;
  }

  async *list(prefix: string): AsyncIterable<string> {
    const entries = await this.#translated(`list ${prefix}`, () =>
      unlessAbsent(() => readdir(this.#path(prefix), { withFileTypes: true })),
    );
    const names = (entries ?? []).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    for (const name of names.sort()) {
      if (prefix === '' && name === `${TEMPORARY}/`) continue;
      if (name.endsWith('/')) yield* this.list(prefix + name);
      else yield prefix + name;
    }
  }

  async delete(key: string): Promise<void> {
    await this.#translated(`delete ${key}`, () => unlessAbsent(() => unlink(this.#path(key))));
  }

  #path(key: string): string {
    return join(this.#root, key);
  }

  #sweepOnce(): Promise<void> {
    this.#swept ??= this.#sweep().catch((error: unknown) => {
      this.#swept = undefined;
      throw error;
    });
    return this.#swept;
  }

  /** Removes what killed processes were writing; what another machine writes is left a day. */
  async #sweep(): Promise<void> {
    const folder = this.#path(TEMPORARY);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (await isLeftOver(folder, name)) await rm(join(folder, name), { force: true });
    }
  }

  async #translated<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const code = codes[(error as NodeJS.ErrnoException).code ?? ''] ?? 'unavailable';
      const message = `store ${this.#root}: could not ${what}: ${messageOf(error)}`;
      throw new PlatformError(code, message, { cause: error });
    }
  }
}

const codes: Record<string, ErrorCode> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENAMETOOLONG: 'invalid',
  EISDIR: 'invalid',
  ENOTDIR: 'invalid',
  EEXIST: 'invalid',
};

const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR'];

async function unlessAbsent<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** On the disk, not only in its cache, before the name points to it. */
async function writeThrough(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readRange(path: string, [from, to]: [number, number]): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const SEPARATOR = '~';

function temporaryName(): string {
  const { host, pid, started } = thisProcess();
  return [host, pid, started, randomUUID()].join(SEPARATOR);
}

async function isLeftOver(folder: string, name: string): Promise<boolean> {
  const [host = '', pid, started = ''] = name.split(SEPARATOR);
  if (isGone({ host, pid: Number(pid), started })) return true;
  const found = await unlessAbsent(() => stat(join(folder, name)));
  return found !== undefined && Date.now() - found.mtimeMs > DAY_MS;
}
