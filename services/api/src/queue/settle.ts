import { tasks, type Finished, type TaskKind } from '@palimpsest/contracts';
import type { TaskError, TaskStatus } from '../database/schema.js';

/** What `settle` must know of a task. */
export interface Attempted {
  kind: TaskKind;
  status: TaskStatus;
  attempt: number;
  lastAttempt: number;
  /** How often it lost its worker, and how often it may. */
  interruptions: number;
  maxInterruptions: number;
}

/** What becomes of a task: done with its output, failed for good, or worth another attempt, which may be a free one. */
export type Settled =
  | { status: 'done'; output: unknown; seconds: number | null }
  | { status: 'failed'; error: TaskError }
  | { status: 'ready'; error: TaskError; waitMs: number; free?: 'interrupted' | 'halves' };

const firstWaitMs = 1000;
const longestWaitMs = 60_000;

/**
 * What a `task.finished` means for its task; undefined when it means nothing any more.
 * A result is a result, however late and from whichever attempt, as any attempt has the same one. A failure counts
 * only when it is that of the attempt that is out: older ones were given up already.
 */
export function settle(task: Attempted, { attempt, outcome, seconds }: Finished): Settled | undefined {
  if (task.status === 'done') return undefined;
  if (outcome.ok) {
    const output = tasks[task.kind].output.safeParse(outcome.output);
    if (output.success) return { status: 'done', output: output.data, seconds };
    const message = `output of a ${task.kind} task: ${output.error.message}`;
    return isOut(task, attempt) ? { status: 'failed', error: { code: 'bug', message } } : undefined;
  }
  if (!isOut(task, attempt)) return undefined;
  const error = { code: outcome.code, message: outcome.message };
  if (outcome.interrupted === true) return interrupt(task, error);
  if (outcome.halves === true) return { status: 'ready', error, waitMs: firstWaitMs, free: 'halves' };
  if (!outcome.retry || attempt >= task.lastAttempt) return { status: 'failed', error };
  return { status: 'ready', error, waitMs: waitAfter(attempt) };
}

/** Losing its worker is no fault of a task, unless it happens to this one again and again. */
function interrupt({ interruptions, maxInterruptions }: Attempted, error: TaskError): Settled {
  const times = interruptions + 1;
  if (times <= maxInterruptions)
    return { status: 'ready', error, waitMs: waitAfter(times), free: 'interrupted' };
  const message = `${error.message}; it was interrupted ${times} times`;
  return { status: 'failed', error: { ...error, message } };
}

/** How long to wait after an attempt before the next: 1 s, 2 s, 4 s … 1 min. */
export function waitAfter(attempt: number): number {
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
}

const isOut = (task: Attempted, attempt: number) => task.status === 'sent' && attempt === task.attempt;
