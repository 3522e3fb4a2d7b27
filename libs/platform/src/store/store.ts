import { createHash } from 'node:crypto';
import {
  PlatformError,
  treeListingSchema,
  type ArtifactRef,
  type TreeListing,
  type TreeRef,
} from '@palimpsest/contracts';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { checkKey, checkPrefix } from './key.js';

/** What an object store must do. Keys are paths with forward slashes. */
export interface StoreDriver {
  /** All or nothing: a reader sees the whole body or the one before. */
  write(key: string, body: Uint8Array): Promise<void>;
  /** @returns undefined when there is no such key. `range` is [from, to), in bytes. */
  read(key: string, range?: [number, number]): Promise<Uint8Array | undefined>;
  exists(key: string): Promise<boolean>;
  /** Keys under a prefix that ends with a slash (or is empty), in alphabetical order. */
  list(prefix: string): AsyncIterable<string>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
}

/** The files of a tree, read one by one, each verified. */
export interface Tree {
  paths: string[];
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Files of a tree by their path: a Map, or a generator that makes them one by one. */
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
    const bytes = await this.#driver.read(checkKey(ref.key));
    if (bytes === undefined)
      throw new PlatformError('not-found', `${ref.key}: expected ${ref.bytes} bytes, found nothing`);
    const found = sha256Of(bytes);
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

  /** Writes `<prefix>/<path>` for every file, then their listing. */
  async putTree(prefix: string, files: TreeFiles): Promise<TreeRef> {
    const listed: Record<string, ArtifactRef> = {};
    for await (const [path, bytes] of files) listed[path] = await this.#putAt(`${prefix}/${path}`, bytes);
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

  /** Mutable records, such as `tasks/<id>/output.json`. */
  async readRecord(key: string): Promise<Uint8Array | undefined> {
    return this.#driver.read(checkKey(key));
  }

  async writeRecord(key: string, bytes: Uint8Array): Promise<void> {
    await this.#driver.write(checkKey(key), bytes);
  }

  async deleteRecord(key: string): Promise<void> {
    await this.#driver.delete(checkKey(key));
  }

  /** Keys under a prefix that ends with a slash (or is empty), in alphabetical order. */
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
    const there = await this.#driver.read(checkKey(key));
    if (there === undefined || Buffer.compare(there, bytes) !== 0) await this.#driver.write(key, bytes);
    return { key, sha256, bytes: bytes.length };
  }

  async #setAside(key: string, bytes: Uint8Array): Promise<void> {
    await this.#driver.write(`corrupt/${key}`, bytes);
    await this.#driver.delete(key);
  }
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
