import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, ListOffsetTimestamps } from '@platformatic/kafka';
import type { ClusterMetadata, GroupAssignment, KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import type { Fetched } from './hand.js';
import { partitionKey, type Positions } from './kafka-client.js';
import { hasCode } from './kafka-errors.js';
import type { PlatformaticOptions } from './platformatic-client.js';

/** How long the broker holds a request for records that do not come: stopping takes as long at most. */
const MAX_WAIT_MS = 250;
const MAX_BYTES = 4 * 1024 * 1024;
const PARTITION_BYTES = 1024 * 1024;
const REST_MS = 100;
const CONTROL = 0x20;

/** A record to deliver, and where it was. */
export interface Offered extends Fetched {
  partition: number;
  offset: bigint;
}

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type Answer = { node: number; metadata: ClusterMetadata; response?: FetchResponse; error?: unknown };

/** Reads partitions from whichever broker leads them, one request a broker at a time. Belongs to no group. */
export class PlatformaticReader {
  readonly #topics: string[];
  readonly #consumer: Consumer;
  readonly #asked = new Map<number, Promise<Answer>>();

  constructor(client: PlatformaticOptions, topics: string[]) {
    this.#topics = topics;
    this.#consumer = new Consumer({ ...client, groupId: 'none' });
    for (const topic of topics) this.#consumer.topics.track(topic);
    this.#consumer.on('error', () => undefined);
  }

  /** Every partition of the topics. */
  async everything(): Promise<GroupAssignment[]> {
    const { topics } = await this.#consumer.metadata({ topics: this.#topics });
    return [...topics].map(([topic, { partitionsCount }]) => ({
      topic,
      partitions: Array.from({ length: partitionsCount }, (_, partition) => partition),
    }));
  }

  /** Of the oldest or the next record of each partition. */
  async offsets(timestamp: bigint): Promise<Positions> {
    const found = await this.#consumer.listOffsets({ topics: this.#topics, timestamp });
    return new Map(
      [...found].flatMap(([topic, offsets]) =>
        offsets.map((offset, partition) => [partitionKey(topic, partition), offset] as const),
      ),
    );
  }

  /**
   * The records that the first broker to answer has, from the positions on; none where it has none for a while.
   *
   * @throws what the broker answers, unless reading again is all it takes
   */
  async read(assigned: GroupAssignment[], positions: Positions): Promise<Offered[]> {
    const metadata = await this.#consumer.metadata({ topics: this.#topics });
    for (const [node, topics] of requests(metadata, assigned, positions))
      if (!this.#asked.has(node)) this.#asked.set(node, this.#ask(metadata, node, topics));
    const answer = await Promise.race(this.#asked.values());
    this.#asked.delete(answer.node);
    if (answer.response) return offered(answer.metadata, answer.response, positions);
    await this.#recover(answer.error, positions);
    return [];
  }

  async close(): Promise<void> {
    await closeConsumer(this.#consumer);
  }

  async #ask(metadata: ClusterMetadata, node: number, topics: Request[]): Promise<Answer> {
    const limits = { maxWaitTime: MAX_WAIT_MS, minBytes: 1, maxBytes: MAX_BYTES };
    return this.#consumer.fetch({ node, topics, ...limits }).then(
      (response) => ({ node, metadata, response }),
      (error: unknown) => ({ node, metadata, error }),
    );
  }

  async #recover(error: unknown, positions: Positions): Promise<void> {
    if (hasCode(error, 'OFFSET_OUT_OF_RANGE')) return this.#clamp(positions);
    const moved = [
      'NOT_LEADER_OR_FOLLOWER',
      'FENCED_LEADER_EPOCH',
      'UNKNOWN_LEADER_EPOCH',
      'LEADER_NOT_AVAILABLE',
    ];
    if (!hasCode(error, ...moved)) throw error;
    this.#consumer.clearMetadata();
    await sleep(REST_MS);
  }

  /** Records were deleted under us: goes on with the oldest that are left. */
  async #clamp(positions: Positions): Promise<void> {
    const oldest = await this.offsets(ListOffsetTimestamps.EARLIEST);
    const newest = await this.offsets(ListOffsetTimestamps.LATEST);
    for (const [key, offset] of positions) {
      const [low, high] = [oldest.get(key) ?? 0n, newest.get(key) ?? offset];
      if (offset < low || offset > high) positions.set(key, low);
    }
  }
}

/** Leaves the group, where it is in one, and closes the connections; the library keeps them where leaving fails. */
export function closeConsumer(consumer: Consumer): Promise<void> {
  return new Promise((resolve) =>
    consumer.close(true, (error) => {
      if (error) consumer.connections.close(() => undefined);
      resolve();
    }),
  );
}

type Request = Parameters<Consumer['fetch']>[0]['topics'][number];

function requests(
  metadata: ClusterMetadata,
  assigned: GroupAssignment[],
  positions: Positions,
): Map<number, Request[]> {
  const byNode = new Map<number, Request[]>();
  for (const { topic, partitions } of assigned)
    for (const partition of partitions) {
      const found = metadata.topics.get(topic);
      const node = found?.partitions[partition]?.leader;
      if (!found || node === undefined) continue;
      const fetchOffset = positions.get(partitionKey(topic, partition)) ?? 0n;
      const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
      const asked = { partition, fetchOffset, partitionMaxBytes: PARTITION_BYTES, ...epochs };
      const ofNode = byNode.get(node) ?? [];
      byNode.set(node, [...ofNode, { topicId: found.id, partitions: [asked] }]);
    }
  return byNode;
}

/** What of an answer is not behind our positions: a batch comes whole, and an answer may be older than they are. */
function offered(metadata: ClusterMetadata, response: FetchResponse, positions: Positions): Offered[] {
  const names = new Map([...metadata.topics].map(([name, { id }]) => [id, name]));
  const all = response.responses.flatMap(({ topicId, partitions }) => {
    const topic = names.get(topicId);
    if (topic === undefined) return [];
    return partitions.flatMap(({ partitionIndex, records = [] }) =>
      skipControl(records, partitionKey(topic, partitionIndex), positions).flatMap((batch) =>
        batch.records.map((record) => offer(record, batch, { topic, partition: partitionIndex })),
      ),
    );
  });
  return all.filter(
    ({ record, partition, offset }) =>
      offset >= (positions.get(partitionKey(record.topic, partition)) ?? offset + 1n),
  );
}

/** Marks of a transaction are no records. Where nothing but marks is left, the position moves past them. */
function skipControl(batches: RecordsBatch[], key: string, positions: Positions): RecordsBatch[] {
  const data = batches.filter(({ attributes }) => (attributes & CONTROL) === 0);
  const last = batches.at(-1);
  const next = last && last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
  if (data.length === 0 && next !== undefined && next > (positions.get(key) ?? next))
    positions.set(key, next);
  return data;
}

function offer(
  { key, value, offsetDelta }: KafkaRecord,
  batch: RecordsBatch,
  { topic, partition }: { topic: string; partition: number },
): Offered {
  const offset = batch.firstOffset + BigInt(offsetDelta);
  return {
    record: { topic, key: key?.toString() ?? '', value: value ?? Buffer.alloc(0) },
    ...{ id: `${partitionKey(topic, partition)}/${offset}`, partition, offset },
  };
}
