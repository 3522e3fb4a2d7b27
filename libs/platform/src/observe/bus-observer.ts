import { topics } from '@palimpsest/contracts';
import type { Health } from './health.js';
import { withLogFields } from './log.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './tracing.js';

/** What a bus tells of its messages. */
export interface BusObserver {
  /** Sent along with a message that is given none. */
  traceparent(): string | undefined;
  published(topic: string, outcome: 'ok' | 'failed'): void;
  /** Around one call of a handler. @param traceparent that came with the message */
  handling<T>(topic: string, traceparent: string | undefined, handle: () => Promise<T>): Promise<T>;
  /** A message was given up. */
  died(topic: string): void;
}

/** For a bus that nobody watches. */
export const noObserver: BusObserver = {
  traceparent: () => undefined,
  published: () => undefined,
  handling: (_topic, _traceparent, handle) => handle(),
  died: () => undefined,
};

/** Handlers only write down what they hear: one that takes this long never returns. */
const STUCK_MS = 15 * 60_000;

/** Counts messages, times handlers, and makes each handle its message within the message's trace. */
export class MeasuringBusObserver implements BusObserver {
  readonly #startsMs = new Set<{ atMs: number }>();

  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    health: Pick<Health, 'watch'>,
  ) {
    // Told before the first, so that the first is seen as an increase.
    for (const topic of Object.keys(topics)) metrics.count('palimpsest_dead_letters_total', { topic }, 0);
    health.watch('handler', () => {
      const now = performance.now();
      return [...this.#startsMs].some(({ atMs }) => now - atMs > STUCK_MS);
    });
  }

  traceparent(): string | undefined {
    return this.tracing.traceparent();
  }

  published(topic: string, outcome: 'ok' | 'failed'): void {
    this.metrics.count('palimpsest_messages_total', { topic, direction: 'sent', outcome });
  }

  async handling<T>(topic: string, traceparent: string | undefined, handle: () => Promise<T>): Promise<T> {
    const start = { atMs: performance.now() };
    this.#startsMs.add(start);
    let outcome = 'failed';
    try {
      const result = await this.#inTrace(traceparent, handle);
      outcome = 'handled';
      return result;
    } finally {
      this.#startsMs.delete(start);
      this.#received(topic, outcome);
      const seconds = (performance.now() - start.atMs) / 1000;
      this.metrics.observe('palimpsest_message_seconds', { topic }, seconds);
    }
  }

  died(topic: string): void {
    this.#received(topic, 'dead');
    this.metrics.count('palimpsest_dead_letters_total', { topic });
  }

  #inTrace<T>(traceparent: string | undefined, handle: () => T): T {
    const traceId = traceparent?.split('-')[1];
    return this.tracing.within(traceparent, () =>
      traceId === undefined ? handle() : withLogFields({ traceId }, handle),
    );
  }

  #received(topic: string, outcome: string): void {
    this.metrics.count('palimpsest_messages_total', { topic, direction: 'received', outcome });
  }
}
