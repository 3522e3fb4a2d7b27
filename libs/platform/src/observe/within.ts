import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';

/** Waits for something, but not for long. @throws PlatformError `unavailable` when it takes longer than `ms` */
export async function within<T>(ms: number, what: string, run: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new PlatformError('unavailable', `${what}: expected an answer within ${ms} ms, found none`);
  });
  // It ends by being aborted when the answer came in time.
  late.catch(() => undefined);
  try {
    return await Promise.race([run(), late]);
  } finally {
    stop.abort();
  }
}
