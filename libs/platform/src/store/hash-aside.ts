import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { builtUrl } from '../built-url.js';

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes and what they hash to. */
export interface Hashed {
  sha256: string;
  bytes: Uint8Array;
}

/** From here on, handing a body over to another thread takes less time than hashing it. */
const LARGE_BYTES = 256 * 1024;

let thread: HashThread | undefined;

/**
 * Hashes a body while this thread goes on with what else it reads.
 *
 * @param bytes that nobody else holds: a large body is handed over, not copied, and comes back as another array
 */
export async function hashAside(bytes: Uint8Array): Promise<Hashed> {
  const ownsMemory = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  if (bytes.length < LARGE_BYTES || !ownsMemory) return { sha256: sha256Of(bytes), bytes };
  thread ??= new HashThread(() => (thread = undefined));
  return thread.hash(bytes);
}

/** A thread that keeps no process from ending while it has nothing to do. */
class HashThread {
  readonly #worker = new Worker(new URL(builtUrl(new URL('./hash-thread.js', import.meta.url).href)), {
    execArgv: [],
  });
  readonly #waiting: { resolve: (hashed: Hashed) => void; reject: (error: unknown) => void }[] = [];

  constructor(onEnd: () => void) {
    const fail = (error: unknown) => {
      onEnd();
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    this.#worker.on('message', (hashed: Hashed) => {
      this.#waiting.shift()?.resolve(hashed);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('the thread that hashes has ended')));
  }

  hash(bytes: Uint8Array): Promise<Hashed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    });
  }
}
