import { tasks, type Finished, type TaskRequest } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Bus, Subscription } from '../bus/bus.js';
import type { Config } from '../config.js';
import type { Ending } from './ending.js';
import { Heartbeat } from './heartbeat.js';
import type { TaskRunner } from './task-runner.js';
import type { AnyTaskDefinition } from './task.js';

/** What a consumer of tasks works with. */
export interface TaskConsumerParts {
  bus: Bus;
  runner: Pick<TaskRunner, 'run'>;
  config: Pick<Config, 'CONCURRENCY' | 'LEASE_SECONDS'>;
  log: Logger;
}

interface Running {
  attempt: number;
  stop: AbortController;
  ended: Promise<void>;
}

/**
 * Takes the tasks of one kind. A request is acknowledged when it is accepted; the task runs outside the consumer,
 * which pauses while as many run as may. What is lost with the process is sent again when its lease ends.
 */
export class TaskConsumer {
  readonly #definition: AnyTaskDefinition;
  readonly #parts: TaskConsumerParts;
  readonly #running = new Map<string, Running>();
  /** Tasks cancelled before they came, and until when that counts. */
  readonly #cancelled = new Map<string, number>();
  #subscription: Subscription | undefined;

  constructor(definition: AnyTaskDefinition, parts: TaskConsumerParts) {
    this.#definition = definition;
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { kind } = this.#definition;
    this.#subscription = await this.#parts.bus.subscribe([`${kind}.requested`], kind, ({ message }) => {
      this.#accept(message);
      return Promise.resolve();
    });
    this.#pace();
  }

  /** Stops a task that runs here. One that may still be on its way is dropped when it comes, within a lease. */
  cancel(taskId: string): void {
    const until = Date.now() + this.#parts.config.LEASE_SECONDS * 1000;
    const running = this.#running.get(taskId);
    if (running) running.stop.abort();
    else this.#cancelled.set(taskId, until);
  }

  /** Takes no more, stops what runs and waits for it. */
  async stop(): Promise<void> {
    await this.#subscription?.close();
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  #accept(request: TaskRequest): void {
    const { taskId, attempt } = request;
    const already = this.#running.get(taskId);
    if (already && !already.stop.signal.aborted) {
      already.attempt = attempt;
      return;
    }
    if (this.#wasCancelled(taskId)) return;
    const running: Running = { attempt, stop: new AbortController(), ended: Promise.resolve() };
    this.#running.set(taskId, running);
    const before = already?.ended ?? Promise.resolve();
    running.ended = before
      .then(() => this.#run(request, running))
      .finally(() => this.#leave(taskId, running));
    this.#pace();
  }

  #wasCancelled(taskId: string): boolean {
    const until = this.#cancelled.get(taskId) ?? 0;
    this.#cancelled.delete(taskId);
    for (const [id, end] of this.#cancelled) if (end < Date.now()) this.#cancelled.delete(id);
    return until >= Date.now();
  }

  #leave(taskId: string, running: Running): void {
    if (this.#running.get(taskId) === running) this.#running.delete(taskId);
    this.#pace();
  }

  #pace(): void {
    if (this.#running.size >= this.#parts.config.CONCURRENCY) this.#subscription?.pause();
    else this.#subscription?.resume();
  }

  async #run(request: TaskRequest, running: Running): Promise<void> {
    const { taskId, studyId, kind } = request;
    const log = this.#parts.log.child({ taskId, studyId, kind });
    const { signal } = running.stop;
    const heartbeat = this.#heartbeat(taskId, running, log);
    log.info({ attempt: running.attempt }, 'task accepted');
    try {
      const onProgress = heartbeat.report.bind(heartbeat);
      const ending = await this.#endingOf(request, { signal, onProgress });
      heartbeat.stop();
      if (signal.aborted && !ending.outcome.ok) log.info({ attempt: running.attempt }, 'task stopped');
      else await this.#tell({ taskId, attempt: running.attempt }, ending, log);
    } catch (error) {
      // Nobody is told: the lease ends, the task is sent again and what it made is found.
      log.error({ err: error }, 'could not tell how the task ended');
    } finally {
      heartbeat.stop();
    }
  }

  #endingOf(request: TaskRequest, following: Parameters<TaskRunner['run']>[2]): Promise<Ending> {
    const { kind, version } = request;
    const ours = tasks[kind].version;
    if (version === ours) return this.#parts.runner.run(this.#definition, request, following);
    const message = `${kind} version ${version} was asked for, this program has version ${ours}`;
    return Promise.resolve({ seconds: 0, outcome: { ok: false, code: 'unavailable', message, retry: true } });
  }

  #heartbeat(taskId: string, running: Running, log: Logger): Heartbeat {
    const { bus, config } = this.#parts;
    const lose = (error: unknown) => log.warn({ err: error }, 'could not tell of progress');
    return new Heartbeat(
      (progress) => {
        bus.publish('task.progressed', { taskId, attempt: running.attempt, ...progress }).catch(lose);
      },
      { mostMs: 1000, leastMs: (config.LEASE_SECONDS * 1000) / 3 },
    );
  }

  async #tell(
    task: Pick<Finished, 'taskId' | 'attempt'>,
    { seconds, outcome, stack }: Ending,
    log: Logger,
  ): Promise<void> {
    const { attempt } = task;
    if (outcome.ok) log.info({ attempt, seconds }, 'task done');
    else log.warn({ attempt, seconds, code: outcome.code, retry: outcome.retry, stack }, outcome.message);
    await this.#parts.bus.publish('task.finished', { ...task, seconds, outcome });
  }
}
