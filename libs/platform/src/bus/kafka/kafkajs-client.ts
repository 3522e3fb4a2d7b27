import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import type { Logger } from 'pino';
import type { BusRecord } from '../bus.js';
import { partitionKey, type BrokerTopic, type KafkaClient, type PartitionRange } from './kafka-client.js';
import type { Positions, SessionOptions } from './kafka-client.js';
import type { Connection } from './kafka-errors.js';
import { KafkajsSession } from './kafkajs-session.js';

// A CommonJS module: Node finds its names on the default export only.
const { ConfigResourceTypes, logLevel, Partitioners } = kafkajs;

const ALL_REPLICAS = -1;

/** kafkajs retries little by itself: what is above it retries with a limit in time, and says so once. */
const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 };

/** What a client is opened with. */
export interface ClientOptions {
  connection: Connection;
  clientId: string;
  sessionMs: number;
  log: Logger;
}

/** Kafka through kafkajs. */
export class KafkajsClient implements KafkaClient {
  readonly #kafka: Kafka;
  readonly #options: ClientOptions;
  readonly #producer: Producer;
  #admin: Promise<Admin> | undefined;
  #producing: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#kafka = connect(options);
    // Not idempotent: this library gives the numbers of a batch that it gave up to the next one, which a broker that had
    // taken the first after all would acknowledge and drop. A record that arrives twice is harmless.
    this.#producer = this.#kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      idempotent: false,
      retry,
    });
  }

  async send(records: BusRecord[]): Promise<void> {
    this.#producing ??= this.#producer.connect();
    await this.#producing.catch((error: unknown) => {
      this.#producing = undefined;
      throw error;
    });
    const topics = new Map<string, { key: Buffer; value: Buffer }[]>();
    for (const { topic, key, value } of records) {
      const messages = topics.get(topic) ?? [];
      messages.push({ key: Buffer.from(key), value: Buffer.from(value) });
      topics.set(topic, messages);
    }
    const topicMessages = [...topics].map(([topic, messages]) => ({ topic, messages }));
    await this.#producer.sendBatch({ acks: ALL_REPLICAS, topicMessages });
  }

  open(options: SessionOptions): Promise<KafkajsSession> {
    return KafkajsSession.open(this.#kafka, { ...options, sessionMs: this.#options.sessionMs });
  }

  async ping(): Promise<void> {
    await this.#ask((admin) => admin.describeCluster());
  }

  async describeTopics(names: string[]): Promise<BrokerTopic[]> {
    const all = new Set(await this.#ask((admin) => admin.listTopics()));
    const topics = names.filter((name) => all.has(name));
    if (topics.length === 0) return [];
    const { topics: found } = await this.#ask((admin) => admin.fetchTopicMetadata({ topics }));
    const retention = await this.#retentionOf(topics);
    return found.map(({ name, partitions }) => ({
      ...{ name, partitions: partitions.length, retentionMs: retention.get(name) ?? NaN },
    }));
  }

  async createTopics(topics: BrokerTopic[]): Promise<void> {
    await this.#ask((admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: topics.map(({ name, partitions, retentionMs }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: -1,
          configEntries: [{ name: 'retention.ms', value: `${retentionMs}` }],
        })),
      }),
    );
  }

  async ranges(topics: string[]): Promise<PartitionRange[]> {
    const all = topics.map(async (topic) => {
      const partitions = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
      return partitions.map(({ partition, low, high }) => ({
        ...{ topic, partition, low: BigInt(low), high: BigInt(high) },
      }));
    });
    return (await Promise.all(all)).flat();
  }

  async committed(groupId: string, topics: string[]): Promise<Positions> {
    const found = await this.#ask((admin) => admin.fetchOffsets({ groupId, topics }));
    const all = found.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [partitionKey(topic, partition), BigInt(offset)] as const),
    );
    return new Map(all.filter(([, offset]) => offset >= 0n));
  }

  async close(): Promise<void> {
    await this.#producer.disconnect().catch(() => undefined);
    const admin = await this.#admin?.catch(() => undefined);
    await admin?.disconnect().catch(() => undefined);
  }

  /** NaN of a topic: we are not allowed to know. */
  async #retentionOf(topics: string[]): Promise<Map<string, number>> {
    const resources = topics.map((name) => ({
      ...{ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] },
    }));
    const found = await this.#ask((admin) =>
      admin.describeConfigs({ resources, includeSynonyms: false }),
    ).catch(() => ({ resources: [] }));
    return new Map(
      found.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Number(configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue),
      ]),
    );
  }

  /** An admin whose broker went away does not always find back: the next question gets a new one. */
  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.#admin ??= this.#openAdmin();
    const asked = this.#admin;
    try {
      return await question(await asked);
    } catch (error) {
      if (this.#admin === asked) this.#admin = undefined;
      void asked.then((admin) => admin.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async #openAdmin(): Promise<Admin> {
    const admin = this.#kafka.admin({ retry });
    await admin.connect();
    return admin;
  }
}

function connect({ connection, clientId, log }: ClientOptions): Kafka {
  const { brokers, tls, sasl } = connection;
  return new kafkajs.Kafka({
    ...{ clientId, brokers, retry },
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: { ...sasl, mechanism: sasl.mechanism as 'plain' } }),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    logLevel: logLevel.DEBUG,
    // It tells of every connection that breaks, often as an error; what matters reaches the log from above it.
    logCreator: () => {
      const own = log.child({ from: 'kafkajs' });
      return ({ log: { message, ...fields } }) => own.trace(fields, message);
    },
  });
}
