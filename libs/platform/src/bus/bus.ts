import { setTimeout as sleep } from 'node:timers/promises';
import {
  decodeEvent,
  encodeEvent,
  isRetryable,
  PlatformError,
  messageOf,
  type Message,
  type Topic,
} from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { noObserver, type BusObserver } from '../observe/bus-observer.js';
import { thisProcess } from '../process-owner.js';

/** A message as a broker holds it. */
export interface BusRecord {
  topic: string;
  key: string;
  value: Uint8Array;
}

/** One consumer of a group. */
export interface Subscription {
  /** Takes no further message until resumed; those in hand are finished. */
  pause(): void;
  resume(): void;
  /** Takes no further message; resolves when those in hand are handled. The rest waits for others of the group. */
  close(): Promise<void>;
}

/** How many records of a topic a group has not handled yet. */
export interface Lag {
  topic: string;
  group: string;
  records: number;
}

/**
 * What a broker must do: each record goes to one subscriber of each group, records of a key in the order they were
 * published, one at a time a subscriber; again and again until `handle` resolves, however long it takes.
 */
export interface BusDriver {
  /** Whether records outlive the process that published them. */
  readonly durable: boolean;
  /** @throws PlatformError `unavailable` while the broker cannot be reached, `invalid` for a record it refuses */
  publish(record: BusRecord): Promise<void>;
  /**
   * @param group who shares the records; a new one begins with the oldest that are kept. null: this subscriber hears
   *   every record by itself, from those published after the promise resolved
   */
  subscribe(
    topics: string[],
    group: string | null,
    handle: (record: BusRecord) => Promise<void>,
  ): Promise<Subscription>;
  /** Of the groups that subscribed here; of those without a group, nothing. @throws PlatformError `unavailable` while the broker cannot be reached */
  lag(): Promise<Lag[]>;
  /** @throws PlatformError `unavailable` while the broker cannot be reached, `denied` when it turns us away */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A message with the topic it came from: `switch (delivery.topic)` tells the types apart. */
export type Delivery<T extends Topic = Topic> = {
  [K in T]: { topic: K; message: Message<K>; traceparent?: string | undefined };
}[T];

/** How often a handler is given a message that it throws on, and how long it rests the first time; then twice that. */
export interface BusOptions {
  deliveries?: number;
  backoffMs?: number;
  /** Rest at most; a handler for which something is `unavailable` is given the message until it is there again. */
  longestBackoffMs?: number;
  /** Hears what becomes of messages. */
  observer?: BusObserver;
}

const { host, pid } = thisProcess();
const source = `palimpsest/${host}/${pid}`;
/** What of a dead message goes into its letter, so that no broker refuses the letter. */
const deadBytes = 256 * 1024;
const deadText = 1024;

/** Typed messages, validated when they are sent and when they are read, delivered at least once. */
export class Bus {
  readonly #driver: BusDriver;
  readonly #log: Logger;
  readonly #options: Required<BusOptions>;
  readonly #closing = new AbortController();

  constructor(driver: BusDriver, log: Logger, options: BusOptions = {}) {
    this.#driver = driver;
    this.#log = log;
    const usual = { deliveries: 5, backoffMs: 20, longestBackoffMs: 5000, observer: noObserver };
    this.#options = { ...usual, ...options };
  }

  get durable(): boolean {
    return this.#driver.durable;
  }

  /**
   * @param traceparent of the trace that the message belongs to; the one that is current where none is given
   * @throws PlatformError `invalid` when the message is not what its topic holds, `unavailable` when the bus is closed
   */
  async publish<T extends Topic>(
    topic: T,
    message: Message<T>,
    traceparent = this.#options.observer.traceparent(),
  ): Promise<void> {
    let encoded: { key: string; value: Uint8Array };
    try {
      encoded = encodeEvent(topic, message, { source, traceparent });
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      throw new PlatformError('invalid', `${topic}: ${z.prettifyError(error)}`);
    }
    await this.#send({ topic, ...encoded });
  }

  /** Puts bytes back as they were, such as those of a dead letter. */
  async republish(record: BusRecord): Promise<void> {
    await this.#send(record);
  }

  /**
   * Hears messages of some topics; each goes to one subscriber of the group, or to everyone whose group is null. A
   * message that does not parse, or on which the handler throws every time, goes to `task.dead`.
   */
  async subscribe<T extends Topic>(
    of: readonly T[],
    group: string | null,
    handle: (delivery: Delivery<T>) => Promise<void>,
  ): Promise<Subscription> {
    return this.#driver.subscribe([...of], group, async (record) => {
      const reason = await this.#tryHandle(record, handle as (delivery: Delivery) => Promise<void>);
      if (reason !== undefined) await this.#bury(record, reason);
    });
  }

  lag(): Promise<Lag[]> {
    return this.#driver.lag();
  }

  ping(): Promise<void> {
    return this.#driver.ping();
  }

  /** Closes every subscription, then the connection. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#driver.close();
  }

  /** @returns why the message was not handled @throws what keeps the handler waiting, when the bus closes meanwhile */
  async #tryHandle(
    record: BusRecord,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<string | undefined> {
    const { topic, key, value } = record;
    const decoded = decodeEvent(topic as Topic, value);
    if (typeof decoded === 'string') return decoded;
    const { message, traceparent } = decoded;
    const { deliveries, observer } = this.#options;
    for (let failures = 0, delivery = 1; ; delivery++) {
      try {
        const delivered = { topic, message, traceparent } as Delivery;
        await observer.handling(topic, traceparent, () => handle(delivered));
        return undefined;
      } catch (error) {
        this.#log.warn({ topic, key, delivery, err: error }, 'handler failed');
        if (!isRetryable(error)) failures += 1;
        if (failures >= deliveries) return `failed ${failures} times: ${messageOf(error)}`;
        await this.#rest(delivery, error);
      }
    }
  }

  async #send(record: BusRecord): Promise<void> {
    const { observer } = this.#options;
    try {
      await this.#driver.publish(record);
      observer.published(record.topic, 'ok');
    } catch (error) {
      observer.published(record.topic, 'failed');
      throw error;
    }
  }

  /** @throws `error`, at once, when the bus closes: the message is then delivered elsewhere */
  async #rest(delivery: number, error: unknown): Promise<void> {
    const { backoffMs, longestBackoffMs } = this.#options;
    const ms = Math.min(longestBackoffMs, backoffMs * 2 ** (delivery - 1));
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    if (this.#closing.signal.aborted) throw error;
  }

  async #bury({ topic, key, value }: BusRecord, reason: string): Promise<void> {
    this.#log.error({ topic, key, reason }, 'message is dead');
    this.#options.observer.died(topic);
    // A dead letter that cannot be read would breed another for ever.
    if (topic === 'task.dead') return;
    await this.publish('task.dead', {
      ...{ topic, key: key.slice(0, deadText), reason: reason.slice(0, deadText) },
      base64: Buffer.from(value.subarray(0, deadBytes)).toString('base64'),
      ...(value.length > deadBytes && { bytes: value.length }),
    });
  }
}
