import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError, messageOf, topics, type Message, type Topic } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';

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

/**
 * What a broker must do: each record goes to one subscriber of each group, records of a key in the order they were
 * published, one at a time a subscriber; again and again until `handle` resolves.
 */
export interface BusDriver {
  /** Whether records outlive the process that published them. */
  readonly durable: boolean;
  publish(record: BusRecord): Promise<void>;
  subscribe(
    topics: string[],
    group: string,
    handle: (record: BusRecord) => Promise<void>,
  ): Promise<Subscription>;
  close(): Promise<void>;
}

/** A message with the topic it came from: `switch (delivery.topic)` tells the types apart. */
export type Delivery<T extends Topic = Topic> = { [K in T]: { topic: K; message: Message<K> } }[T];

/** How often a handler is given a message that it throws on, and how long it rests the first time; then twice that. */
export interface BusOptions {
  deliveries?: number;
  backoffMs?: number;
}

/** Typed messages, validated when they are sent and when they are read, delivered at least once. */
export class Bus {
  readonly #driver: BusDriver;
  readonly #log: Logger;
  readonly #deliveries: number;
  readonly #backoffMs: number;

  constructor(driver: BusDriver, log: Logger, { deliveries = 5, backoffMs = 20 }: BusOptions = {}) {
    this.#driver = driver;
    this.#log = log;
    this.#deliveries = deliveries;
    this.#backoffMs = backoffMs;
  }

  get durable(): boolean {
    return this.#driver.durable;
  }

  /** @throws PlatformError `invalid` when the message is not what its topic holds, `unavailable` when the bus is closed */
  async publish<T extends Topic>(topic: T, message: Message<T>): Promise<void> {
    const parsed = topics[topic].safeParse(message);
    if (!parsed.success) throw new PlatformError('invalid', `${topic}: ${z.prettifyError(parsed.error)}`);
    const value = new TextEncoder().encode(JSON.stringify(parsed.data));
    await this.#driver.publish({ topic, key: keyOf(parsed.data), value });
  }

  /**
   * Hears messages of some topics; each goes to one subscriber of the group. A message that does not parse, or on
   * which the handler throws every time, goes to `task.dead`.
   */
  async subscribe<T extends Topic>(
    of: readonly T[],
    group: string,
    handle: (delivery: Delivery<T>) => Promise<void>,
  ): Promise<Subscription> {
    return this.#driver.subscribe([...of], group, async (record) => {
      const reason = await this.#tryHandle(record, handle as (delivery: Delivery) => Promise<void>);
      if (reason !== undefined) await this.#bury(record, reason);
    });
  }

  /** Closes every subscription, then the connection. */
  async close(): Promise<void> {
    await this.#driver.close();
  }

  /** @returns why the message was not handled */
  async #tryHandle(
    record: BusRecord,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<string | undefined> {
    const parsed = parse(record);
    if (typeof parsed === 'string') return parsed;
    for (let delivery = 1; ; delivery++) {
      try {
        await handle(parsed.delivery);
        return undefined;
      } catch (error) {
        const { topic, key } = record;
        this.#log.warn({ topic, key, delivery, err: error }, 'handler failed');
        if (delivery >= this.#deliveries) return `failed ${delivery} times: ${messageOf(error)}`;
        await sleep(this.#backoffMs * 2 ** (delivery - 1));
      }
    }
  }

  async #bury({ topic, key, value }: BusRecord, reason: string): Promise<void> {
    this.#log.error({ topic, key, reason }, 'message is dead');
    // A dead letter that cannot be read would breed another for ever.
    if (topic === 'task.dead') return;
    await this.publish('task.dead', { topic, key, base64: Buffer.from(value).toString('base64'), reason });
  }
}

/** Messages of a task keep their order; those of all tasks have none. */
function keyOf(message: Message<Topic>): string {
  if ('taskId' in message) return message.taskId;
  return 'key' in message ? message.key : '';
}

function parse({ topic, value }: BusRecord): { delivery: Delivery } | string {
  try {
    const parsed = topics[topic as Topic].safeParse(JSON.parse(new TextDecoder().decode(value)));
    if (!parsed.success) return z.prettifyError(parsed.error);
    return { delivery: { topic, message: parsed.data } as Delivery };
  } catch (error) {
    return messageOf(error);
  }
}
