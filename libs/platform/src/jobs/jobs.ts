import { OutOfMemoryError, PlatformError, type Resources, type TaskKind } from '@palimpsest/contracts';

/** A task to run in a process of its own. Its input lies in the store. */
export interface Job {
  taskId: string;
  kind: TaskKind;
  needs: Resources;
}

/** Exit codes of `work`. Any other is worth a retry. */
export const exitCodes = { done: 0, failed: 42, outOfMemory: 43, unavailable: 1 } as const;

/** Where jobs run. They tell the rest through the store: `progress.json`, then `output.json` or `error.json`. */
export interface Jobs {
  /**
   * Resolves when the job has ended: `done` with its output written, or `failed` for good, with its error written.
   *
   * @throws PlatformError `unavailable` when it ended otherwise, killed or for want of something that may come back, an
   * OutOfMemoryError for want of memory; the signal's reason when aborted, after the job is gone
   */
  run(job: Job, signal: AbortSignal): Promise<'done' | 'failed'>;
}

/**
 * What an exit code means.
 *
 * @param how the end in words, such as "was killed by SIGKILL"
 * @throws PlatformError `unavailable` for an end that is worth a retry
 */
export function endOf(job: Job, exitCode: number | null, how: string): 'done' | 'failed' {
  if (exitCode === exitCodes.done) return 'done';
  if (exitCode === exitCodes.failed) return 'failed';
  if (exitCode === exitCodes.outOfMemory) throw new OutOfMemoryError(`${job.kind} ${job.taskId} ${how}`);
  throw new PlatformError('unavailable', `${job.kind} ${job.taskId} ${how}`);
}
