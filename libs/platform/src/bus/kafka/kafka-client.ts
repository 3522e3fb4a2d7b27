import type { BusRecord } from '../bus.js';
import type { Hand } from './hand.js';

/** A topic as a broker has it. */
export interface BrokerTopic {
  name: string;
  partitions: number;
  retentionMs: number;
}

/** The records that a partition holds: from `low`, before `high`. */
export interface PartitionRange {
  topic: string;
  partition: number;
  low: bigint;
  high: bigint;
}

/** Up to where each partition was handled, by `partitionKey`. */
export type Positions = Map<string, bigint>;

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Membership in a group, from joining it until it is lost or closed. */
export interface Session {
  /** Resolves with the reason when it came to an end by itself. */
  readonly lost: Promise<Error>;
  /** Tells the broker what was handled so far. */
  commit(): Promise<void>;
  /** Commits, leaves the group. Never rejects: a broker that is away finds out by itself. */
  close(): Promise<void>;
}

/** What a session reads, and where it goes. */
export interface SessionOptions {
  topics: string[];
  /** null: every partition, by itself, from `positions` on, which it moves along. */
  group: string | null;
  positions: Positions;
  hand: Hand;
  /** Who we were in the group last, kept by the session for the next one: the broker need not miss us first. */
  member: { id: string | null };
}

/** What the driver needs of a Kafka library. Names are those on the broker. Errors are the library's own. */
export interface KafkaClient {
  /** Appends records, in their order, when all replicas have them. May have appended some where it rejects. */
  send(records: BusRecord[]): Promise<void>;
  /** Resolves when the group was joined. A new group begins with the oldest records. */
  open(options: SessionOptions): Promise<Session>;
  /** Asks the broker for its name. */
  ping(): Promise<void>;
  /** Those of the topics that the broker has. */
  describeTopics(names: string[]): Promise<BrokerTopic[]>;
  /** @param topics none of which the broker has */
  createTopics(topics: BrokerTopic[]): Promise<void>;
  ranges(topics: string[]): Promise<PartitionRange[]>;
  /** What a group has committed, where it has. */
  committed(group: string, topics: string[]): Promise<Positions>;
  close(): Promise<void>;
}
