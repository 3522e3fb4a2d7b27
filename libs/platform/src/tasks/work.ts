import { messageOf, OutOfMemoryError, type TaskKind } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { exitCodes } from '../jobs/jobs.js';
import { failureOf } from './ending.js';
import { runTask, type Surroundings } from './run-task.js';
import { TaskRecords, type Progress } from './task-records.js';
import type { AnyTaskDefinition } from './task.js';

const PROGRESS_MS = 1000;

/** What a job is run with. */
export interface WorkSurroundings extends Omit<Surroundings, 'progress'> {
  log: Logger;
}

/**
 * What a job does: reads its input from the store, runs, writes its output, or its error if it can never succeed.
 *
 * @returns the exit code: 0 done, 42 failed for good, 43 out of memory, 1 worth a retry
 */
export async function work(
  definition: AnyTaskDefinition,
  taskId: string,
  { log, ...surroundings }: WorkSurroundings,
): Promise<number> {
  const { store, signal } = surroundings;
  const records = new TaskRecords(store, taskId);
  const writer = new ProgressWriter(records, log);
  const progress = (each: Progress) => writer.report(each);
  try {
    await records.forget('error.json', 'progress.json');
    const input = await records.readInput(definition.kind);
    const order = { taskId, kind: definition.kind, input };
    await runTask(definition, order, { ...surroundings, progress });
    // What was being written when the task ended is not for its finished self.
    await writer.settle();
    await records.forget('progress.json');
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) return exitCodes.unavailable;
    return await report(error, definition.kind, records, log.child({ taskId }));
  } finally {
    await writer.settle();
  }
}

async function report(error: unknown, kind: TaskKind, records: TaskRecords, log: Logger): Promise<number> {
  const { code, message, retry } = failureOf(error);
  log.error({ kind, code, err: error }, `${kind} failed: ${message}`);
  if (error instanceof OutOfMemoryError) return exitCodes.outOfMemory;
  if (retry) return exitCodes.unavailable;
  try {
    await records.writeError({ code, message });
    return exitCodes.failed;
  } catch (unwritten) {
    log.error({ kind, err: unwritten }, `could not write error.json: ${messageOf(unwritten)}`);
    return exitCodes.unavailable;
  }
}

/** Writes progress at most once a second, and never two writes at once. Losing one harms nothing. */
class ProgressWriter {
  #last = -Infinity;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly records: TaskRecords,
    private readonly log: Logger,
  ) {}

  report(progress: Progress): void {
    if (this.#writing || performance.now() - this.#last < PROGRESS_MS) return;
    this.#last = performance.now();
    this.#writing = this.records
      .writeProgress(progress)
      .catch((error: unknown) => this.log.warn({ err: error }, 'could not write progress.json'))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async settle(): Promise<void> {
    await this.#writing;
  }
}
