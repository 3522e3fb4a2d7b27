import {
  messageOf,
  PlatformError,
  treeListingSchema,
  type ArtifactRef,
  type TreeListing,
  type TreeRef,
} from '@palimpsest/contracts';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { hashAside, sha256Of } from './hash-aside.js';
import { checkKey, checkPrefix } from './key.js';
import { overlapped } from './overlapped.js';

/** Files of a tree that are held and written at once. */
const FILES_AT_ONCE = 8;

/** What an object store must do. Keys are paths with forward slashes. */
export interface StoreDriver {
  /** All or nothing: a reader sees the whole body or the one before. */
  write(key: string, body: Uint8Array): Promise<void>;
  /**
   * @returns bytes that nobody else holds; undefined when there is no such key. `range` is [from, to), in bytes.
   * @throws PlatformError `corrupt` when the key is there but the store itself cannot read it, now or later
   */
  read(key: string, range?: [number, number]): Promise<Uint8Array | undefined>;
  exists(key: string): Promise<boolean>;
  /** @returns undefined when there is no such key */
  stat(key: string): Promise<StoreEntry | undefined>;
  /** Whether this very body is known to be there. False also where finding out would cost as much as writing it. */
  holds(key: string, body: Uint8Array): Promise<boolean>;
  /** Keys under a prefix that ends with a slash (or is empty), in the order of their UTF-8 bytes. */
  list(prefix: string): AsyncIterable<string>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Whether it can be used: read from and written to. @throws PlatformError saying what stands in the way */
  ping(): Promise<void>;
  /** What writes that were cut off have left, and none will come back to; no reader sees it. */
  leftovers(): AsyncIterable<Leftover>;
}

/** What a store knows of a key without reading its body. */
export interface StoreEntry {
  key: string;
  bytes: number;
  /** When it was last written, by the store's clock. */
  modified: Date;
}

/** A part of a body, with the key it was meant for where that is known. */
export interface Leftover extends StoreEntry {
  remove(): Promise<void>;
}

/** The files of a tree, read one by one, each verified. */
export interface Tree {
  paths: string[];
  read(path: string): Promise<Uint8Array | undefined>;
}

/**
 * Files of a tree by their path: a Map, or a generator that makes them one by one. Several are written at once, so
 * the bytes must stay what they are.
 */
export type TreeFiles =
  Iterable<readonly [string, Uint8Array]> | AsyncIterable<readonly [string, Uint8Array]>;

/** Immutable artifacts, found by their hash and verified on every read, and a few small mutable records by name. */
export class Store {
  readonly #driver: StoreDriver;

  constructor(driver: StoreDriver) {
    this.#driver = driver;
  }

  /** Writes `<prefix>/<sha256><extension>`, unless it is there already. */
  async put(prefix: string, bytes: Uint8Array, extension = ''): Promise<ArtifactRef> {
    const sha256 = sha256Of(bytes);
    return this.#putAt(`${prefix}/${sha256}${extension}`, bytes, sha256);
  }

  /** @throws PlatformError `not-found`, or `corrupt` when the bytes are not those of the reference */
  async get(ref: ArtifactRef): Promise<Uint8Array> {
    const read = await this.#readOrDelete(checkKey(ref.key));
    if (read === undefined)
      throw new PlatformError('not-found', `${ref.key}: expected ${ref.bytes} bytes, found nothing`);
    const { sha256: found, bytes } = await hashAside(read);
    if (found === ref.sha256) return bytes;
    await this.#setAside(ref.key, bytes);
    throw new PlatformError(
      'corrupt',
      `${ref.key}: expected ${ref.bytes} bytes of sha256 ${ref.sha256}, found ${bytes.length} of ${found}; ` +
        `moved to corrupt/${ref.key}, so that the task that made it can run again`,
    );
  }

  /** Canonical JSON: the same value has the same hash. */
  async putJson(prefix: string, value: unknown): Promise<ArtifactRef> {
    return this.put(prefix, new TextEncoder().encode(canonicalJson(value)), '.json');
  }

  /** @throws PlatformError as `get`, or `invalid` when it is not what the schema says */
  async getJson<S extends z.ZodType>(ref: ArtifactRef, schema: S): Promise<z.infer<S>> {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(await this.get(ref))));
    if (parsed.success) return parsed.data;
    throw new PlatformError('invalid', `${ref.key}: ${z.prettifyError(parsed.error)}`);
  }

  /** Writes `<prefix>/<path>` for every file, then their listing. Holds a few files at a time. */
  async putTree(prefix: string, files: TreeFiles): Promise<TreeRef> {
    const listed: Record<string, ArtifactRef> = {};
    await overlapped(files, FILES_AT_ONCE, async ([path, bytes]) => {
      listed[path] = await this.#putAt(`${prefix}/${path}`, bytes);
    });
    return { prefix, listing: await this.putJson(`${prefix}/.listing`, { files: listed }) };
  }

  async openTree(ref: TreeRef): Promise<Tree> {
    const { files } = await this.getJson(ref.listing, treeListingSchema);
    const read = async (path: string) => {
      const file = files[path];
      return file && (await this.get(file));
    };
    return { paths: Object.keys(files), read };
  }

  /** Whether an artifact, or every file of a tree, is there. Looks at names only: what is read later is verified then. */
  async has(ref: ArtifactRef | TreeRef): Promise<boolean> {
    if ('key' in ref) return this.#driver.exists(checkKey(ref.key));
    const files = await this.#filesOf(ref);
    if (!files) return false;
    const there = new Set<string>();
    for await (const key of this.list(`${ref.prefix}/`)) there.add(key);
    return Object.values(files).every((file) => there.has(file.key));
  }

  /** Mutable records, such as `tasks/<id>/output.json`. One that the store itself cannot read counts as absent. */
  async readRecord(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#driver.read(checkKey(key));
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  async writeRecord(key: string, bytes: Uint8Array): Promise<void> {
    await this.#driver.write(checkKey(key), bytes);
  }

  async deleteRecord(key: string): Promise<void> {
    await this.#driver.delete(checkKey(key));
  }

  /** Size and age of what a key holds. @returns undefined when there is no such key */
  async stat(key: string): Promise<StoreEntry | undefined> {
    return this.#driver.stat(checkKey(key));
  }

  /** Whether the store can be used, now. @throws PlatformError saying what stands in the way */
  async ping(): Promise<void> {
    await this.#driver.ping();
  }

  /** What writes that were cut off have left, out of every reader's sight. */
  leftovers(): AsyncIterable<Leftover> {
    return this.#driver.leftovers();
  }

  /** Keys under a prefix that ends with a slash (or is empty), in the order of their UTF-8 bytes. */
  list(prefix: string): AsyncIterable<string> {
    return this.#driver.list(checkPrefix(prefix));
  }

  /** @returns undefined when the listing is gone or damaged */
  async #filesOf(ref: TreeRef): Promise<TreeListing['files'] | undefined> {
    try {
      return (await this.getJson(ref.listing, treeListingSchema)).files;
    } catch (error) {
      if (error instanceof PlatformError && ['not-found', 'corrupt'].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** What is there already is compared, not trusted: putting again repairs it. */
  async #putAt(key: string, bytes: Uint8Array, sha256 = sha256Of(bytes)): Promise<ArtifactRef> {
    if (!(await this.#driver.holds(checkKey(key), bytes))) await this.#driver.write(key, bytes);
    return { key, sha256, bytes: bytes.length };
  }

  async #readOrDelete(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#driver.read(key);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      await this.#driver.delete(key);
      const message = `${messageOf(error)}; deleted, so that the task that made it can run again`;
      throw new PlatformError('corrupt', message, { cause: error });
    }
  }

  async #setAside(key: string, bytes: Uint8Array): Promise<void> {
    await this.#driver.write(`corrupt/${key}`, bytes);
    await this.#driver.delete(key);
  }
}

const isCorrupt = (error: unknown) => error instanceof PlatformError && error.code === 'corrupt';
