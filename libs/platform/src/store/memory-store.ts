import { sortedByBytes } from './key.js';
import type { Leftover, StoreDriver, StoreEntry } from './store.js';

/** A store that is gone with the process. Copies on both sides, as a real one does. */
export class MemoryStore implements StoreDriver {
  readonly #bodies = new Map<string, Uint8Array>();
  readonly #modified = new Map<string, Date>();

  write(key: string, body: Uint8Array): Promise<void> {
    this.#bodies.set(key, Uint8Array.from(body));
    this.#modified.set(key, new Date());
    return Promise.resolve();
  }

  read(key: string, range?: [number, number]): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#bodies.get(key)?.slice(...(range ?? [])));
  }

  exists(key: string): Promise<boolean> {
    return Promise.resolve(this.#bodies.has(key));
  }

  stat(key: string): Promise<StoreEntry | undefined> {
    const body = this.#bodies.get(key);
    const modified = this.#modified.get(key) ?? new Date(NaN);
    return Promise.resolve(body && { key, bytes: body.length, modified });
  }

  holds(key: string, body: Uint8Array): Promise<boolean> {
    const there = this.#bodies.get(key);
    return Promise.resolve(there !== undefined && Buffer.compare(there, body) === 0);
  }

  async *list(prefix: string): AsyncIterable<string> {
    await Promise.resolve();
    yield* sortedByBytes([...this.#bodies.keys()].filter((key) => key.startsWith(prefix)));
  }

  delete(key: string): Promise<void> {
    this.#bodies.delete(key);
    return Promise.resolve();
  }

  async ping(): Promise<void> {
    // Memory is there.
  }

  async *leftovers(): AsyncIterable<Leftover> {
    // A write is done at once.
  }
}
