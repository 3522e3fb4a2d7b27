import type { TaskKind } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Store } from '../store/store.js';
import type { AnyTaskDefinition } from '../tasks/task.js';
import { work, type WorkSurroundings } from '../tasks/work.js';
import { endOf, type Job, type Jobs } from './jobs.js';

/** Runs jobs in this thread, through the same door as a process of their own. For tests and debuggers. */
export class InlineJobs implements Jobs {
  readonly #store: Store;
  readonly #definitionOf: (kind: TaskKind) => AnyTaskDefinition;
  readonly #log: Logger;
  readonly #computing: Pick<WorkSurroundings, 'engine' | 'linearAlgebra'>;

  constructor(
    store: Store,
    definitionOf: (kind: TaskKind) => AnyTaskDefinition,
    log: Logger,
    computing: Pick<WorkSurroundings, 'engine' | 'linearAlgebra'> = {},
  ) {
    this.#computing = computing;
    this.#store = store;
    this.#definitionOf = definitionOf;
    this.#log = log;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async run(job: Job, signal: AbortSignal): Promise<'done' | 'failed'> {
    signal.throwIfAborted();
    const surroundings = {
      store: this.#store,
      threads: job.needs.cpus,
      signal,
      log: this.#log,
      ...this.#computing,
    };
    const exitCode = await work(this.#definitionOf(job.kind), job.taskId, surroundings);
    if (exitCode !== 0) signal.throwIfAborted();
    return endOf(job, exitCode, `ended with ${exitCode}`);
  }
}
