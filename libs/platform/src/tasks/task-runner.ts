import { availableParallelism } from 'node:os';
import { OutOfMemoryError, PlatformError, type TaskKind } from '@palimpsest/contracts';
import { linearAlgebraSettings, type Config } from '../config.js';
import type { Job, Jobs } from '../jobs/jobs.js';
import type { Store } from '../store/store.js';
import { endingOf, endingOfError, failureOf, type Ending, type Failure } from './ending.js';
import { runTask, storedOutput, type TaskOrder, type TaskResult } from './run-task.js';
import { TaskRecords } from './task-records.js';
import type { AnyTaskDefinition } from './task.js';
import type { Following, ThreadPool } from './thread-pool.js';

const POLL_MS = 1000;

/** What a runner works with. */
export interface TaskRunnerParts {
  store: Store;
  jobs: Jobs;
  config: Pick<Config, 'STORE_URL' | 'THREADS_PER_TASK' | 'LINEAR_ALGEBRA' | 'OPENBLAS_LIBRARY'>;
  /** Undefined runs tasks in this thread. */
  threads: ThreadPool | undefined;
}

/** A task to run, with what it needs and whom it is best begun with. */
type Placed = TaskOrder & Pick<Job, 'needs' | 'gang'>;

/** What a job waits for now, in words. */
interface Wait {
  for: string | undefined;
}

/** Runs a task where its definition says: on a thread of this process, or as a job. */
export class TaskRunner {
  readonly #store: Store;
  readonly #jobs: Jobs;
  readonly #config: TaskRunnerParts['config'];
  readonly #pool: ThreadPool | undefined;

  constructor({ store, jobs, config, threads }: TaskRunnerParts) {
    this.#store = store;
    this.#jobs = jobs;
    this.#config = config;
    this.#pool = threads;
  }

  /** Never rejects; when the signal is aborted the ending means nothing. */
  async run(definition: AnyTaskDefinition, task: Placed, following: Following): Promise<Ending> {
    try {
      await new TaskRecords(this.#store, task.taskId).writeInput(task.kind, task.input);
      if (definition.runs === 'as-job') return await this.#runAsJob(definition, task, following);
      return await this.#runHere(definition, task, following);
    } catch (error) {
      return endingOfError(error, null);
    }
  }

  /** Called where tasks that run as jobs are taken, before the first. @throws PlatformError as `Jobs.open` */
  async open(): Promise<void> {
    await this.#jobs.open();
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    await this.#jobs.close();
  }

  #runHere(definition: AnyTaskDefinition, task: Placed, following: Following): Promise<Ending> {
    const { taskId, kind, input, needs } = task;
    const order = { taskId, kind, input };
    const threads = this.#config.THREADS_PER_TASK ?? Math.min(needs.cpus, availableParallelism());
    const linearAlgebra = linearAlgebraSettings(this.#config);
    if (this.#pool) {
      const place = { module: definition.module, storeUrl: this.#config.STORE_URL, threads, linearAlgebra };
      return this.#pool.run({ ...order, ...place }, following);
    }
    const { signal, onProgress } = following;
    const surroundings = { store: this.#store, threads, linearAlgebra, signal, progress: onProgress };
    return endingOf(() => runTask(definition, order, surroundings));
  }

  async #runAsJob(
    definition: AnyTaskDefinition,
    { taskId, kind, input, needs, gang }: Placed,
    following: Following,
  ): Promise<Ending> {
    const stored = await storedOutput(kind, taskId, this.#store);
    if (stored) return { seconds: null, outcome: { ok: true, output: stored.output } };
    const started = performance.now();
    const wait: Wait = { for: undefined };
    const polling = this.#poll(taskId, following, wait);
    try {
      const waits = (what: string | undefined) => (wait.for = what);
      const end = await this.#jobs.run({ taskId, kind, needs, gang }, following.signal, waits);
      if (end === 'done') return await endingOf(() => this.#resultOf(kind, taskId));
      const seconds = (performance.now() - started) / 1000;
      return { seconds, outcome: await this.#failureOf(taskId) };
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      const times = await new TaskRecords(this.#store, taskId).countOutOfMemory();
      const ending = endingOfError(error, null);
      // As in `runTask`: one type for all kinds cannot say that the input is of the definition's own.
      const halves = times <= (definition.halvings?.(input as never) ?? 0);
      return halves ? { ...ending, outcome: { ...failureOf(error), halves } } : ending;
    } finally {
      clearInterval(polling);
    }
  }

  #poll(taskId: string, { onProgress }: Following, wait: Wait): NodeJS.Timeout {
    const records = new TaskRecords(this.#store, taskId);
    const read = async () => {
      const progress = await records.readProgress().catch(() => undefined);
      if (wait.for !== undefined) onProgress({ done: 0, ...progress, message: wait.for, waits: true });
      else if (progress) onProgress(progress);
    };
    return setInterval(() => void read(), POLL_MS);
  }

  async #resultOf(kind: TaskKind, taskId: string): Promise<TaskResult> {
    const stored = await storedOutput(kind, taskId, this.#store);
    if (stored) return stored;
    throw new PlatformError('unavailable', `${kind} ${taskId} ended well but its output is not in the store`);
  }

  async #failureOf(taskId: string): Promise<Failure> {
    const error = await new TaskRecords(this.#store, taskId).readError();
    if (error) return { ok: false, ...error, retry: false };
    throw new PlatformError('unavailable', `task ${taskId} failed but left no error.json`);
  }
}
