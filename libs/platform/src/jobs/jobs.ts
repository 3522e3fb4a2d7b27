import { OutOfMemoryError, PlatformError, type Resources, type TaskKind } from '@palimpsest/contracts';

/** A task to run in a process of its own. Its input lies in the store. */
export interface Job {
  taskId: string;
  kind: TaskKind;
  needs: Resources;
  /** What jobs have in common that are best begun together; places may take no notice. */
  gang?: string | undefined;
}

/** Exit codes of `work`. Any other is worth a retry. */
export const exitCodes = { done: 0, failed: 42, outOfMemory: 43, unavailable: 1 } as const;

/**
 * Why a job is let go of, not ended: its service stops, or another process goes on with it. A place whose jobs outlive
 * the service leaves it running.
 */
export class LetGo extends DOMException {
  constructor(message: string) {
    super(message, 'AbortError');
  }
}

/** Where jobs run. They tell the rest through the store: `progress.json`, then `output.json` or `error.json`. */
export interface Jobs {
  /** Begins to look after jobs, where some will be run. @throws PlatformError saying what stands in the way */
  open(): Promise<void>;

  /**
   * Resolves when the job has ended: `done` with its output written, or `failed` for good, with its error written.
   *
   * @param waits hears what a job waits for that has not begun, in words; undefined when it no longer waits
   * @throws PlatformError `unavailable` when it ended otherwise, killed or for want of something that may come back, an
   * OutOfMemoryError for want of memory; the signal's reason when aborted, after the job is gone, or at once where it
   * goes on without us (`LetGo`)
   */
  run(job: Job, signal: AbortSignal, waits?: (what: string | undefined) => void): Promise<'done' | 'failed'>;

  /** Lets go of what jobs are followed with. Called when none is run any more. */
  close(): Promise<void>;
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
