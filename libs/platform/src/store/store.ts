import type { ArtifactRef, TreeRef } from '@palimpsest/contracts';
import type { z } from 'zod';

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

/** Immutable artifacts, found by their hash and verified on every read, and a few small mutable records by name. */
export declare class Store {
  constructor(driver: StoreDriver);
  /** Writes `<prefix>/<sha256><extension>`, unless it is there already. */
  put(prefix: string, bytes: Uint8Array, extension?: string): Promise<ArtifactRef>;
  /** @throws PlatformError `not-found`, or `corrupt` when the bytes are not those of the reference */
  get(ref: ArtifactRef): Promise<Uint8Array>;
  /** Canonical JSON: the same value has the same hash. */
  putJson(prefix: string, value: unknown): Promise<ArtifactRef>;
  getJson<S extends z.ZodType>(ref: ArtifactRef, schema: S): Promise<z.infer<S>>;
  /** Writes `<prefix>/<path>` for every file, then their listing. */
  putTree(prefix: string, files: Map<string, Uint8Array>): Promise<TreeRef>;
  openTree(ref: TreeRef): Promise<Tree>;
  /** Mutable records, such as `tasks/<id>/output.json`. */
  readRecord(key: string): Promise<Uint8Array | undefined>;
  writeRecord(key: string, bytes: Uint8Array): Promise<void>;
  deleteRecord(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<string>;
}
