import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

// A thread that hashes what it is given, and gives it back.
parentPort?.on('message', (bytes: Uint8Array) => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  parentPort?.postMessage({ sha256, bytes }, [bytes.buffer as ArrayBuffer]);
});
