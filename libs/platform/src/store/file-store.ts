import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PlatformError, messageOf, type ErrorCode } from '@palimpsest/contracts';
import { makeFolder } from '../make-folder.js';
import { isGone, thisProcess } from '../process-owner.js';
import { sortedByBytes } from './key.js';
import type { Leftover, StoreDriver, StoreEntry } from './store.js';

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
    return (await this.stat(key)) !== undefined;
  }

  async stat(key: string): Promise<StoreEntry | undefined> {
    const found = await this.#translated(`look for ${key}`, () => unlessAbsent(() => stat(this.#path(key))));
    return found?.isFile() ? { key, bytes: found.size, modified: found.mtime } : undefined;
  }

  async holds(key: string, body: Uint8Array): Promise<boolean> {
    if ((await this.stat(key))?.bytes !== body.length) return false;
    const there = await this.read(key);
    return there !== undefined && Buffer.compare(there, body) === 0;
  }

  async *list(prefix: string): AsyncIterable<string> {
    const entries = await this.#translated(`list ${prefix}`, () =>
      unlessAbsent(() => readdir(this.#path(prefix), { withFileTypes: true })),
    );
    const names = (entries ?? []).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    for (const name of sortedByBytes(names)) {
      if (prefix === '' && name === `${TEMPORARY}/`) continue;
      if (name.endsWith('/')) yield* this.list(prefix + name);
      else yield prefix + name;
    }
  }

  async delete(key: string): Promise<void> {
    await this.#translated(`delete ${key}`, () => unlessAbsent(() => unlink(this.#path(key))));
  }

  async ping(): Promise<void> {
    const probe = `${TEMPORARY}/${temporaryName()}`;
    await this.#translated('write to it', async () => {
      await this.#sweepOnce();
      await writeThrough(this.#path(probe), new Uint8Array());
      await unlink(this.#path(probe));
    });
  }

  /** What was being written when a process was killed, here or on another machine; also what is being written now. */
  async *leftovers(): AsyncIterable<Leftover> {
    const names = await this.#translated('list what is being written', () =>
      unlessAbsent(() => readdir(this.#path(TEMPORARY))),
    );
    for (const name of names ?? []) {
      const found = await this.stat(`${TEMPORARY}/${name}`);
      if (found) yield { ...found, remove: () => this.delete(found.key) };
    }
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
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      if (await isLeftOver(folder, name)) await rm(join(folder, name), { force: true });
    }
  }

  async #translated<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const found = (error as NodeJS.ErrnoException).code ?? '';
      const code = error instanceof PlatformError ? error.code : (codes[found] ?? 'unavailable');
      const reason = FULL.includes(found)
        ? `the disk is full (${found}); make room, then try again`
        : messageOf(error);
      const message = `store ${this.#root}: could not ${what}: ${reason}`;
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

const FULL = ['ENOSPC', 'EDQUOT'];
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
