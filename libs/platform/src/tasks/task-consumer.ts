import { setTimeout as sleep } from 'node:timers/promises';
import { tasks, type Finished, type TaskRequest, type WorkerSeen } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Bus, Subscription } from '../bus/bus.js';
import type { Config } from '../config.js';
import { LetGo } from '../jobs/jobs.js';
import type { Ending } from './ending.js';
import { Heartbeat } from './heartbeat.js';
import type { TaskRunner } from './task-runner.js';
import type { AnyTaskDefinition } from './task.js';

/** What a consumer of tasks works with. */
export interface TaskConsumerParts {
  bus: Bus;
  runner: Pick<TaskRunner, 'open' | 'run'>;
  config: Pick<Config, 'CONCURRENCY' | 'LEASE_SECONDS' | 'STALL_SECONDS' | 'SHUTDOWN_SECONDS'>;
  log: Logger;
}

interface Running {
  attempt: number;
  stop: AbortController;
  /** Why it is being stopped. */
  why?: 'cancelled' | 'superseded' | 'shutdown' | 'stalled';
  ended: Promise<void>;
}

/** Attempts that nobody wants any more: up to which, and until when that counts. */
interface Cancelled {
  attempt: number;
  until: number;
}

/**
 * Takes the tasks of one kind. A request is acknowledged when it is accepted; the task runs outside the consumer,
 * which pauses while as many run as may. What is lost with the process is sent again when its lease ends.
 */
export class TaskConsumer {
  readonly #definition: AnyTaskDefinition;
  readonly #parts: TaskConsumerParts;
  readonly #running = new Map<string, Running>();
  /** Tasks cancelled before they came. */
  readonly #cancelled = new Map<string, Cancelled>();
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

  /** What it could do, and what it is doing. */
  get load(): WorkerSeen['kinds'][number] {
    const { kind } = this.#definition;
    const { version } = tasks[kind];
    return { kind, version, capacity: this.#parts.config.CONCURRENCY, running: this.#running.size };
  }

  /**
   * Stops a task that runs here. One that may still be on its way is dropped when it comes, within a lease.
   *
   * @param attempt the last one that nobody wants; later ones are left alone
   * @param superseded whether a later one is wanted, which may go on with the same job
   */
  cancel(taskId: string, attempt = Infinity, superseded = false): void {
    const running = this.#running.get(taskId);
    if (running && running.attempt <= attempt) stop(running, superseded ? 'superseded' : 'cancelled');
    if (running) return;
    const until = Date.now() + this.#parts.config.LEASE_SECONDS * 1000;
    this.#cancelled.set(taskId, { attempt, until });
  }

  /**
   * Takes no more. Where a broker outlives this process, short tasks may come to their end first, and whoever sent the
   * others is told that they were interrupted.
   */
  async stop(): Promise<void> {
    await this.#subscription?.close();
    if (this.#parts.bus.durable && this.#definition.runs === 'here') await this.#drain();
    const running = [...this.#running.values()];
    for (const each of running) stop(each, 'shutdown');
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #drain(): Promise<void> {
    const done = new AbortController();
    const limit = sleep((this.#parts.config.SHUTDOWN_SECONDS * 1000) / 2, undefined, { signal: done.signal });
    const ended = Promise.all([...this.#running.values()].map((each) => each.ended));
    await Promise.race([ended, limit]);
    done.abort();
    await limit.catch(() => undefined);
  }

  #accept(request: TaskRequest): void {
    const { taskId, attempt } = request;
    const already = this.#running.get(taskId);
    if (already && !already.stop.signal.aborted) {
      already.attempt = Math.max(already.attempt, attempt);
      return;
    }
    if (this.#wasCancelled(taskId, attempt)) return;
    const running: Running = { attempt, stop: new AbortController(), ended: Promise.resolve() };
    this.#running.set(taskId, running);
    const before = already?.ended ?? Promise.resolve();
    running.ended = before
      .then(() => this.#run(request, running))
      .finally(() => this.#leave(taskId, running));
    this.#pace();
  }

  #wasCancelled(taskId: string, attempt: number): boolean {
    const cancelled = this.#cancelled.get(taskId);
    this.#cancelled.delete(taskId);
    for (const [id, { until }] of this.#cancelled) if (until < Date.now()) this.#cancelled.delete(id);
    return cancelled !== undefined && cancelled.until >= Date.now() && attempt <= cancelled.attempt;
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
      const ending = this.#told(running, await this.#endingOf(request, { signal, onProgress }));
      heartbeat.stop();
      if (ending) await this.#tell({ taskId, attempt: running.attempt }, ending, log);
      else log.info({ attempt: running.attempt, why: running.why }, 'task stopped');
    } catch (error) {
      // Nobody is told: the lease ends, the task is sent again and what it made is found.
      log.error({ err: error }, 'could not tell how the task ended');
    } finally {
      heartbeat.stop();
    }
  }

  /** What is told of an ending: of one that was brought about here, why; nothing where nobody wants to know. */
  #told({ why }: Running, ending: Ending): Ending | undefined {
    if (ending.outcome.ok || why === undefined) return ending;
    if (why === 'cancelled' || why === 'superseded' || (why === 'shutdown' && !this.#parts.bus.durable))
      return undefined;
    const failure = { ok: false, code: 'unavailable', retry: true } as const;
    if (why === 'shutdown')
      return {
        seconds: null,
        outcome: { ...failure, message: 'its worker was told to stop', interrupted: true },
      };
    const message = `no progress for ${this.#parts.config.STALL_SECONDS} s`;
    return { seconds: null, outcome: { ...failure, message } };
  }

  #endingOf(request: TaskRequest, following: Parameters<TaskRunner['run']>[2]): Promise<Ending> {
    const { kind, version } = request;
    const ours = tasks[kind].version;
    if (version === ours) return this.#parts.runner.run(this.#definition, request, following);
    const message = `${kind} version ${version} was asked for, this program has version ${ours}`;
    const outcome = { ok: false, code: 'unavailable', message, retry: true, interrupted: true } as const;
    return Promise.resolve({ seconds: 0, outcome });
  }

  #heartbeat(taskId: string, running: Running, log: Logger): Heartbeat {
    const { bus, config } = this.#parts;
    const lose = (error: unknown) => log.warn({ err: error }, 'could not tell of progress');
    return new Heartbeat(
      (progress) => {
        bus.publish('task.progressed', { taskId, attempt: running.attempt, ...progress }).catch(lose);
      },
      { mostMs: 1000, leastMs: (config.LEASE_SECONDS * 1000) / 3 },
      { afterMs: config.STALL_SECONDS * 1000, tell: () => stop(running, 'stalled') },
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

/** The first reason counts. */
function stop(running: Running, why: NonNullable<Running['why']>): void {
  running.why ??= why;
  const goesOn = why === 'shutdown' || why === 'superseded';
  running.stop.abort(goesOn ? new LetGo(`stopped: ${why}`) : undefined);
}
