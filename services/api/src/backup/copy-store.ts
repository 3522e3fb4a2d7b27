import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError, treeListingSchema, type ArtifactRef, type TreeRef } from '@palimpsest/contracts';
import type { Store } from '@palimpsest/platform';
import { pathsOf, type StoredFile } from './manifest.js';
import { referencesIn } from './references.js';

const AT_ONCE = 8;

/** Copies what a dump refers to out of the store, each thing once. */
export class StoreCopy {
  readonly objects: StoredFile[] = [];
  readonly missing: string[] = [];
  readonly #seen = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly folder: string,
  ) {}

  /** Artifacts and whole trees; one that is lost or damaged is named in `missing`, since its task can make it again. */
  async copyReferences(value: unknown): Promise<void> {
    await inParallel([...referencesIn(value)], (ref) =>
      'key' in ref ? this.#copyArtifact(ref) : this.#copyTree(ref),
    );
  }

  /** What the store knows of a task, and what its output refers to: it may have ended since the dump. */
  async copyTask(taskId: string): Promise<void> {
    for await (const key of this.store.list(`tasks/${taskId}/`)) {
      const bytes = await this.store.readRecord(key);
      if (bytes === undefined) continue;
      await this.#keep(key, bytes);
      if (key.endsWith('/output.json')) await this.copyReferences(jsonOf(bytes));
    }
  }

  async #copyTree(ref: TreeRef): Promise<void> {
    const listing = await this.#copyArtifact(ref.listing);
    if (!listing) return;
    const { files } = treeListingSchema.parse(jsonOf(listing));
    await inParallel(Object.values(files), (file) => this.#copyArtifact(file));
  }

  /** @returns the bytes, the first time */
  async #copyArtifact(ref: ArtifactRef): Promise<Uint8Array | undefined> {
    if (this.#seen.has(ref.key)) return undefined;
    this.#seen.add(ref.key);
    try {
      const bytes = await this.store.get(ref);
      await this.#keep(ref.key, bytes);
      return bytes;
    } catch (error) {
      if (!(error instanceof PlatformError && ['not-found', 'corrupt'].includes(error.code))) throw error;
      this.missing.push(ref.key);
      return undefined;
    }
  }

  async #keep(key: string, bytes: Uint8Array): Promise<void> {
    const path = pathsOf(this.folder).object(key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.objects.push({ key, sha256, bytes: bytes.length });
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A few at a time: an object store answers slowly, but many at once. */
export async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  const each = items[Symbol.iterator]();
  const hand = async () => {
    for (const item of each) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
}
