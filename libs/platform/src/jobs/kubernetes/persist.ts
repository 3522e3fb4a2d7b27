import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';

/** How something is tried until it works. */
export interface Persistence {
  signal?: AbortSignal;
  /** Between the first and the second time; twice as long each time after, up to half a minute. */
  firstPauseMs?: number;
  /** Hears what came in between. */
  tell: (error: PlatformError) => void;
}

const LONGEST_PAUSE_MS = 30_000;

/** Whether it is worth another try. */
export const mayPass = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && error.code === 'unavailable';

/** Does something until it works or will never work: what is `unavailable` may come back. @throws the last failure */
export async function persist<T>(
  action: () => Promise<T>,
  { signal, firstPauseMs = 1000, tell }: Persistence,
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await action();
    } catch (error) {
      if (!mayPass(error)) throw error;
      tell(error);
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
