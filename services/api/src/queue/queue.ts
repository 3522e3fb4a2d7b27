import type { TaskKind } from '@palimpsest/contracts';
import type { Bus, Subscription } from '@palimpsest/platform';
import type { Logger } from 'pino';
import type { Subscription as Watch } from 'rxjs';
import type { Studies } from '../studies/studies.service.js';
import type { DeadLetters } from './dead-letters.js';
import type { Outbox } from './outbox.js';
import type { Workers } from './workers.js';

/** Messages about different tasks that are handled at once: most of their time is waiting for the store. */
const HEARERS = 4;

/** What the queue needs from around it. */
export interface QueuePorts {
  bus: Bus;
  log: Logger;
  studies: Studies;
  outbox: Outbox;
  workers: Workers;
  deadLetters: DeadLetters;
  /** Counts tasks whose worker fell silent. */
  leaseLost: (kind: TaskKind) => void;
  leaseMs: number;
  /** How often it looks for retries that are due and for leases that ran out. */
  tickMs: number;
}

/** Sends what is ready and hears what becomes of it, from `start` to `stop`. */
export class Queue {
  #subscriptions: Subscription[] = [];
  /** Since when everything that a worker says would have been heard here. */
  #soundSinceMs = performance.now();
  #watch: Watch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #again = false;

  constructor(private readonly ports: QueuePorts) {}

  /** Takes up what an earlier process left, then listens. */
  async start(): Promise<void> {
    const { bus, studies, outbox, workers, deadLetters, tickMs } = this.ports;
    await outbox.recover();
    const hear = () =>
      bus.subscribe(['task.progressed', 'task.finished'], 'api', async (delivery) => {
        if (delivery.topic === 'task.progressed') await studies.progressed(delivery.message);
        else await studies.finished(delivery.message);
      });
    this.#subscriptions = await Promise.all([
      bus.subscribe(['worker.seen'], null, ({ message }) => {
        workers.heard(message);
        return Promise.resolve();
      }),
      bus.subscribe(['task.dead'], 'dead-letters', ({ message }) => deadLetters.receive(message)),
      ...Array.from({ length: HEARERS }, hear),
    ]);
    this.#watch = studies.work.subscribe(() => this.wake());
    // Nobody waits for a tick: it reports its own failures.
    this.#timer = setInterval(() => void this.#tick(), tickMs);
    this.wake();
  }

  /** Stops listening, then waits for what is being sent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#watch?.unsubscribe();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#sending;
  }

  /** Sends what is ready: now, or once more after what is being sent. */
  wake(): void {
    this.#again = true;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#reportingFailure('send', () => this.ports.outbox.dispatch());
    }
  }

  async #tick(): Promise<void> {
    await this.#reportingFailure('send elsewhere', () => this.ports.outbox.sendElsewhere());
    await this.#reportingFailure('sweep', () => this.#sweep());
    this.wake();
  }

  /** Not for a lease after this process began, or could not hear: workers may have been talking all the while. */
  async #sweep(): Promise<void> {
    const { bus, outbox, studies, log, leaseLost, leaseMs } = this.ports;
    try {
      await bus.ping();
      if (performance.now() - this.#soundSinceMs < leaseMs) return;
      for (const { kind, ...lost } of await outbox.sweep()) {
        log.warn({ taskId: lost.taskId, kind, attempt: lost.attempt }, 'worker fell silent');
        leaseLost(kind);
        await studies.finished(lost);
      }
    } catch (error) {
      this.#soundSinceMs = performance.now();
      throw error;
    }
  }

  async #reportingFailure(what: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.ports.log.error({ what, err: error }, 'queue failed; it tries again');
    }
  }
}
