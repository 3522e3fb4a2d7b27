import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { BusDriver, BusRecord, Lag, Subscription } from '../bus.js';
import { Hand } from './hand.js';
import { partitionKey, type BrokerTopic, type KafkaClient, type Positions } from './kafka-client.js';
import { translate, type Connection } from './kafka-errors.js';
import { ensureTopics } from './kafka-topics.js';
import { Sender } from './sender.js';
import { KafkaSubscription } from './subscription.js';

const STARTING_MS = 8000;
const JOINING_MS = 30_000;
const PING_MS = 5000;
const REST_MS = 500;

/** Everything but the library. */
export interface KafkaBusOptions {
  client: KafkaClient;
  connection: Connection;
  /** Stands before the names of topics and groups. */
  prefix: string;
  topics: BrokerTopic[];
  /** Whether topics that the broker lacks are created. */
  create: boolean;
  log: Logger;
}

/** Kafka, through any library for it. */
export class KafkaBus implements BusDriver {
  readonly durable = true;
  readonly #client: KafkaClient;
  readonly #options: KafkaBusOptions;
  readonly #sender: Sender;
  readonly #subscriptions = new Set<KafkaSubscription>();
  readonly #groups = new Map<string, Set<string>>();
  #closed = false;

  private constructor(options: KafkaBusOptions) {
    this.#client = options.client;
    this.#options = options;
    this.#sender = new Sender((records) => this.#translated(() => this.#client.send(records)));
  }

  /**
   * Reaches the broker and makes sure of the topics.
   *
   * @throws PlatformError within about ten seconds: one line that says what is wrong and what to do
   */
  static async connect(options: KafkaBusOptions): Promise<KafkaBus> {
    const { prefix, topics, create, log } = options;
    const bus = new KafkaBus(options);
    const declared = topics.map((topic) => ({ ...topic, name: prefix + topic.name }));
    try {
      await bus.#patiently(STARTING_MS, () => ensureTopics(options.client, { declared, create, log }));
    } catch (error) {
      await options.client.close();
      throw error;
    }
    return bus;
  }

  publish(record: BusRecord): Promise<void> {
    return this.#sender.send({ ...record, topic: this.#options.prefix + record.topic });
  }

  async subscribe(
    topics: string[],
    group: string | null,
    handle: (record: BusRecord) => Promise<void>,
  ): Promise<Subscription> {
    if (this.#closed) throw closed();
    const { prefix, log } = this.#options;
    const names = topics.map((topic) => prefix + topic);
    const hand = new Hand((record) => handle({ ...record, topic: record.topic.slice(prefix.length) }));
    const subscription = await this.#patiently(JOINING_MS, async () => {
      const positions = group === null ? await this.#ends(names) : new Map<string, bigint>();
      const options = {
        topics: names,
        group: group === null ? null : prefix + group,
        positions,
        hand,
        member: { id: null },
      };
      const open = () => this.#client.open(options);
      return KafkaSubscription.start({ hand, open, log: log.child({ topics, group }) });
    });
    this.#subscriptions.add(subscription);
    if (group !== null) this.#remember(group, topics);
    return {
      pause: () => subscription.pause(),
      resume: () => subscription.resume(),
      close: () => this.#end(subscription),
    };
  }

  async lag(): Promise<Lag[]> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.commit()));
    return this.#translated(async () => {
      const all = [...this.#groups].map(([group, topics]) => this.#lagOf(group, [...topics]));
      return (await Promise.all(all)).flat();
    });
  }

  async ping(): Promise<void> {
    if (this.#closed) throw closed();
    const { brokers } = this.#options.connection;
    await this.#translated(async () => {
      const answered = this.#client.ping().then(() => true);
      if (await Promise.race([answered, sleep(PING_MS, false, { ref: false })])) return;
      throw new PlatformError(
        'unavailable',
        `the broker ${brokers.join(', ')} has not answered for ${PING_MS} ms`,
      );
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => this.#end(subscription)));
    await this.#sender.close();
    await this.#client.close();
  }

  async #end(subscription: KafkaSubscription): Promise<void> {
    await subscription.close();
    this.#subscriptions.delete(subscription);
  }

  #remember(group: string, topics: string[]): void {
    this.#groups.set(group, new Set([...(this.#groups.get(group) ?? []), ...topics]));
  }

  async #ends(topics: string[]): Promise<Positions> {
    const ranges = await this.#client.ranges(topics);
    return new Map(ranges.map(({ topic, partition, high }) => [partitionKey(topic, partition), high]));
  }

  async #lagOf(group: string, topics: string[]): Promise<Lag[]> {
    const { prefix } = this.#options;
    const names = topics.map((topic) => prefix + topic);
    const ranges = await this.#client.ranges(names);
    const committed = await this.#client.committed(prefix + group, names);
    const left = ({ topic, partition, low, high }: (typeof ranges)[number]) => {
      const from = committed.get(partitionKey(topic, partition)) ?? low;
      return Number(high - (from > low ? from : low));
    };
    return topics.map((topic) => ({
      ...{ topic, group },
      records: ranges
        .filter((range) => range.topic === prefix + topic)
        .reduce((sum, range) => sum + Math.max(0, left(range)), 0),
    }));
  }

  /** Tries for so long while the broker is unavailable. */
  async #patiently<T>(ms: number, work: () => Promise<T>): Promise<T> {
    for (const end = Date.now() + ms; ;) {
      try {
        return await this.#translated(work);
      } catch (error) {
        const again = error instanceof PlatformError && error.code === 'unavailable';
        if (!again || this.#closed || Date.now() > end) throw error;
        await sleep(REST_MS);
      }
    }
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error, this.#options.connection);
    }
  }
}

const closed = () => new PlatformError('unavailable', 'the bus is closed');
