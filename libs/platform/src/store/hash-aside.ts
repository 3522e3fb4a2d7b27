import { createHash } from 'node:crypto';
import { AnsweringThread } from '../answering-thread.js';

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes and what they hash to. */
export interface Hashed {
  sha256: string;
  bytes: Uint8Array;
}

/** From here on, handing a body over to another thread takes less time than hashing it. */
const LARGE_BYTES = 256 * 1024;

const thread = new AnsweringThread<Uint8Array, Hashed>(new URL('./hash-thread.js', import.meta.url));

/**
 * Hashes a body while this thread goes on with what else it reads.
 *
 * @param bytes that nobody else holds: a large body is handed over, not copied, and comes back as another array
 */
export async function hashAside(bytes: Uint8Array): Promise<Hashed> {
  const ownsMemory = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  if (bytes.length < LARGE_BYTES || !ownsMemory) return { sha256: sha256Of(bytes), bytes };
  return thread.ask(bytes, [bytes.buffer]);
}
