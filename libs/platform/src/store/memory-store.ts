import type { StoreDriver } from './store.js';

/** A store that is gone with the process. Copies on both sides, as a real one does. */
export class MemoryStore implements StoreDriver {
  readonly #bodies = new Map<string, Uint8Array>();

  write(key: string, body: Uint8Array): Promise<void> {
    this.#bodies.set(key, Uint8Array.from(body));
    return Promise.resolve();
  }

  read(key: string, range?: [number, number]): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#bodies.get(key)?.slice(...(range ?? [])));
  }

  exists(key: string): Promise<boolean> {
    return Promise.resolve(this.#bodies.has(key));
  }

  async *list(prefix: string): AsyncIterable<string> {
    await Promise.resolve();
    yield* [...this.#bodies.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  delete(key: string): Promise<void> {
    this.#bodies.delete(key);
    return Promise.resolve();
  }
}
