import { setTimeout as sleep } from 'node:timers/promises';
import type { BusRecord } from '../bus.js';

/** A record, and where the broker keeps it. */
export interface Fetched {
  record: BusRecord;
  /** Topic, partition and offset, in any form that tells them apart. */
  id: string;
}

/** How long to rest before a record is delivered again, and to wait for one in hand when the group moves on. */
export interface HandOptions {
  redeliveryMs?: number;
  graceMs?: number;
}

/**
 * Gives records to a handler, one at a time, until it has handled them. It outlives the sessions with the broker: a
 * handler may be at work while its group rebalances, and what it then handled is not given to it again.
 */
export class Hand {
  readonly #handle: (record: BusRecord) => Promise<void>;
  readonly #options: Required<HandOptions>;
  readonly #waiting = new Set<() => void>();
  #inHand: { id: string; handled: Promise<boolean> } | undefined;
  /** Handled when nobody waited for it any more. */
  #late: string | undefined;
  #paused = false;
  #closed = false;

  constructor(handle: (record: BusRecord) => Promise<void>, options: HandOptions = {}) {
    this.#handle = handle;
    this.#options = { redeliveryMs: 50, graceMs: 3000, ...options };
  }

  get closed(): boolean {
    return this.#closed;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Takes no further record. Resolves when the one in hand is handled, or its handler gave up. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#inHand?.handled;
  }

  /**
   * Delivers a record until it is handled, when the hand is free and not paused.
   *
   * @param until aborts when the record is not ours any more; one in hand is waited for a little longer
   * @returns whether it was handled; false when it is left to others
   */
  async take(fetched: Fetched, until: AbortSignal): Promise<boolean> {
    for (;;) {
      const handled = await this.#step(fetched, until);
      if (handled !== undefined) return handled;
    }
  }

  /** @returns undefined: look again */
  async #step({ record, id }: Fetched, until: AbortSignal): Promise<boolean | undefined> {
    if (this.#late === id) {
      this.#late = undefined;
      return true;
    }
    const { graceMs } = this.#options;
    const inHand = this.#inHand;
    if (inHand) {
      const handled = await unlessAborted(inHand.handled, until, graceMs);
      if (handled === true && inHand.id === id) return true;
      return until.aborted ? false : undefined;
    }
    if (this.#closed || until.aborted) return false;
    if (!this.#paused) return this.#attempt(record, id, until);
    await unlessAborted(this.#change(), until);
    return undefined;
  }

  async #attempt(record: BusRecord, id: string, until: AbortSignal): Promise<boolean | undefined> {
    const handled = this.#deliver(record).then(
      () => true,
      () => false,
    );
    const free = handled.then((well) => {
      this.#inHand = undefined;
      return well;
    });
    this.#inHand = { id, handled: free };
    const outcome = await unlessAborted(free, until, this.#options.graceMs);
    if (outcome === true) return true;
    if (outcome === undefined) void free.then((well) => well && (this.#late = id));
    if (until.aborted) return false;
    await unlessAborted(sleep(this.#options.redeliveryMs), until);
    return undefined;
  }

  /** Apart from whoever offers the record: a handler that throws at once rejects like any other. */
  async #deliver(record: BusRecord): Promise<void> {
    await this.#handle(record);
  }

  /** Resolves when it was resumed or closed. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** What a promise resolves to; undefined where the signal aborts before and so long passes after it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, afterMs = 0): Promise<T | undefined> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (value: T | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(value);
    };
    const abort = () => (timer = setTimeout(() => settle(undefined), afterMs));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    void promise.then(settle);
  });
}
