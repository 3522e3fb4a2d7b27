import { isRetryable, messageOf, PlatformError, type Finished } from '@palimpsest/contracts';
import type { StoreCall } from '../observe/store-calls.js';
import type { TaskResult } from './run-task.js';

/** How a task ended, as `task.finished` tells it. */
export type Ending = Pick<Finished, 'seconds' | 'outcome'> & {
  /** Where it failed, for the log. */
  stack?: string;
  /** What a thread of its own asked of the store. */
  storeCalls?: StoreCall[];
};
export type Failure = Extract<Finished['outcome'], { ok: false }>;

/** Runs something and says how it ended; never rejects. */
export async function endingOf(run: () => Promise<TaskResult>): Promise<Ending> {
  const started = performance.now();
  try {
    const { output, seconds } = await run();
    return { seconds, outcome: { ok: true, output } };
  } catch (error) {
    return endingOfError(error, (performance.now() - started) / 1000);
  }
}

export function endingOfError(error: unknown, seconds: number | null): Ending {
  const ending: Ending = { seconds, outcome: failureOf(error) };
  return error instanceof Error && error.stack ? { ...ending, stack: error.stack } : ending;
}

/** What a thrown thing means for its task. Compute code says RangeError or TypeError of bad input; the rest are bugs. */
export function failureOf(error: unknown): Failure {
  const message = messageOf(error);
  if (error instanceof PlatformError)
    return { ok: false, code: error.code, message, retry: isRetryable(error) };
  const code = error instanceof RangeError || error instanceof TypeError ? 'invalid' : 'bug';
  return { ok: false, code, message, retry: false };
}
