import type { Bus, Subscription } from '@palimpsest/platform';
import type { Logger } from 'pino';
import type { Subscription as Watch } from 'rxjs';
import type { Studies } from '../studies/studies.service.js';
import type { Outbox } from './outbox.js';

/** What the queue needs from around it. */
export interface QueuePorts {
  bus: Bus;
  log: Logger;
  studies: Studies;
  outbox: Outbox;
  /** How often it looks for retries that are due and for leases that ran out. */
  tickMs: number;
}

/** Sends what is ready and hears what becomes of it, from `start` to `stop`. */
export class Queue {
  #subscription: Subscription | undefined;
  #watch: Watch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #again = false;

  constructor(private readonly ports: QueuePorts) {}

  /** Takes up what an earlier process left, then listens. */
  async start(): Promise<void> {
    const { bus, studies, outbox, tickMs } = this.ports;
    await outbox.recover();
    this.#subscription = await bus.subscribe(
      ['task.progressed', 'task.finished'],
      'api',
      async (delivery) => {
        if (delivery.topic === 'task.progressed') await studies.progressed(delivery.message);
        else await studies.finished(delivery.message);
      },
    );
    this.#watch = studies.work.subscribe(() => this.wake());
    // Nobody waits for a tick: it reports its own failures.
    this.#timer = setInterval(() => void this.#tick(), tickMs);
    this.wake();
  }

  /** Stops listening, then waits for what is being sent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#watch?.unsubscribe();
    await this.#subscription?.close();
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
    await this.#reportingFailure('sweep', async () => {
      for (const lost of await this.ports.outbox.sweep()) {
        this.ports.log.warn({ taskId: lost.taskId, attempt: lost.attempt }, 'worker fell silent');
        await this.ports.studies.finished(lost);
      }
    });
    this.wake();
  }

  async #reportingFailure(what: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.ports.log.error({ what, err: error }, 'queue failed; it tries again');
    }
  }
}
