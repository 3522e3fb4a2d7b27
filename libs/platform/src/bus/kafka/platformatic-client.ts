import { isIP } from 'node:net';
import {
  Admin,
  compatibilityPartitioner,
  ConfigResourceTypes,
  ListOffsetTimestamps,
  ProduceAcks,
  Producer,
  SASLMechanisms,
} from '@platformatic/kafka';
import type { BusRecord } from '../bus.js';
import { partitionKey, type BrokerTopic, type KafkaClient, type PartitionRange } from './kafka-client.js';
import type { Positions, SessionOptions } from './kafka-client.js';
import { hasCode, type Connection } from './kafka-errors.js';
import type { ClientOptions } from './kafkajs-client.js';
import { PlatformaticSession } from './platformatic-session.js';

const mechanisms = {
  plain: SASLMechanisms.PLAIN,
  'scram-sha-256': SASLMechanisms.SCRAM_SHA_256,
  'scram-sha-512': SASLMechanisms.SCRAM_SHA_512,
};

/** What every client of the library is opened with. It retries nothing by itself: what is above it does. */
function commonOptions({ brokers, tls, sasl }: Connection, clientId: string) {
  return {
    ...{ clientId, bootstrapBrokers: brokers, autocreateTopics: false },
    ...{ retries: 0, connectTimeout: 3000, requestTimeout: 8000 },
    // An address is no name to send along.
    ...(tls && { tls, tlsServerName: brokers.every((broker) => isIP(hostOf(broker)) === 0) }),
    ...(sasl && { sasl: { ...sasl, mechanism: mechanisms[sasl.mechanism] } }),
  };
}

const hostOf = (broker: string) => broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '');
export type PlatformaticOptions = ReturnType<typeof commonOptions>;

/** Kafka through @platformatic/kafka. */
export class PlatformaticClient implements KafkaClient {
  readonly #options: PlatformaticOptions;
  readonly #group: { protocol: 'classic' | 'consumer'; sessionMs: number };
  readonly #producer: Producer;
  readonly #admin: Admin;

  constructor({
    connection,
    clientId,
    protocol,
    sessionMs,
  }: ClientOptions & { protocol: 'classic' | 'consumer' }) {
    this.#options = commonOptions(connection, clientId);
    this.#group = { protocol, sessionMs };
    // Not idempotent, as in the other client, so that either may stop in the middle of a batch and send it again.
    this.#producer = new Producer({
      ...this.#options,
      acks: ProduceAcks.ALL,
      idempotent: false,
      partitioner: compatibilityPartitioner,
    });
    this.#admin = new Admin(this.#options);
  }

  async send(records: BusRecord[]): Promise<void> {
    const messages = records.map(({ topic, key, value }) => ({
      ...{ topic, key: Buffer.from(key), value: Buffer.from(value) },
    }));
    try {
      await this.#producer.send({ messages });
    } catch (error) {
      this.#producer.clearMetadata();
      throw error;
    }
  }

  open(options: SessionOptions): Promise<PlatformaticSession> {
    return PlatformaticSession.open({ ...options, ...this.#group, client: this.#options });
  }

  async ping(): Promise<void> {
    await this.#admin.metadata({ topics: [], forceUpdate: true });
  }

  async describeTopics(names: string[]): Promise<BrokerTopic[]> {
    const all = new Set(await this.#admin.listTopics());
    const topics = names.filter((name) => all.has(name));
    if (topics.length === 0) return [];
    const found = await this.#admin.metadata({ topics, forceUpdate: true });
    const retention = await this.#retentionOf(topics);
    return topics.map((name) => ({
      name,
      partitions: found.topics.get(name)?.partitionsCount ?? 0,
      retentionMs: retention.get(name) ?? NaN,
    }));
  }

  async createTopics(topics: BrokerTopic[]): Promise<void> {
    for (const { name, partitions, retentionMs } of topics)
      await this.#admin.createTopics({
        ...{ topics: [name], partitions, replicas: -1 },
        configs: [{ name: 'retention.ms', value: `${retentionMs}` }],
      });
  }

  async ranges(topics: string[]): Promise<PartitionRange[]> {
    const { topics: found } = await this.#admin.metadata({ topics });
    const [low, high] = await Promise.all(
      [ListOffsetTimestamps.EARLIEST, ListOffsetTimestamps.LATEST].map((timestamp) =>
        this.#offsets(found, timestamp),
      ),
    );
    return [...found].flatMap(([topic, { partitionsCount }]) =>
      Array.from({ length: partitionsCount }, (_, partition) => ({
        ...{ topic, partition },
        low: low?.get(partitionKey(topic, partition)) ?? 0n,
        high: high?.get(partitionKey(topic, partition)) ?? 0n,
      })),
    );
  }

  async committed(group: string, topics: string[]): Promise<Positions> {
    const { topics: found } = await this.#admin.metadata({ topics });
    const asked = [...found].map(([name, { partitionsCount }]) => ({
      ...{ name, partitionIndexes: Array.from({ length: partitionsCount }, (_, partition) => partition) },
    }));
    const groups = await this.#admin.listConsumerGroupOffsets({
      groups: [{ groupId: group, topics: asked }],
    });
    const all = groups.flatMap((each) =>
      each.topics.flatMap(({ name, partitions }) =>
        partitions.map(
          ({ partitionIndex, committedOffset }) =>
            [partitionKey(name, partitionIndex), committedOffset] as const,
        ),
      ),
    );
    return new Map(all.filter(([, offset]) => offset >= 0n));
  }

  async close(): Promise<void> {
    await this.#producer.close().catch(() => undefined);
    await this.#admin.close().catch(() => undefined);
  }

  async #offsets(topics: Map<string, { partitionsCount: number }>, timestamp: bigint): Promise<Positions> {
    const asked = [...topics].map(([name, { partitionsCount }]) => ({
      name,
      partitions: Array.from({ length: partitionsCount }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp,
      })),
    }));
    const found = await this.#admin.listOffsets({ topics: asked });
    return new Map(
      found.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, offset }) => [partitionKey(name, partitionIndex), offset] as const),
      ),
    );
  }

  /** NaN of a topic: we are not allowed to know. */
  async #retentionOf(topics: string[]): Promise<Map<string, number>> {
    const resources = topics.map((resourceName) => ({
      ...{ resourceType: ConfigResourceTypes.TOPIC, resourceName, configurationKeys: ['retention.ms'] },
    }));
    const found = await this.#admin.describeConfigs({ resources }).catch((error: unknown) => {
      if (hasCode(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED')) return [];
      throw error;
    });
    return new Map(
      found.map(({ resourceName, configs }) => [
        resourceName,
        Number(configs.find(({ name }) => name === 'retention.ms')?.value),
      ]),
    );
  }
}
