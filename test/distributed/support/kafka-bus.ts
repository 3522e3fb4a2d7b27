import { randomUUID } from 'node:crypto';
import { pino, type Logger } from 'pino';
import { connectKafka } from '../../../libs/platform/src/bus/kafka/connect-kafka.js';
import type { KafkaBus } from '../../../libs/platform/src/bus/kafka/kafka-bus.js';

/** Each Kafka library, and what makes BUS_URL choose it. */
export const kafkaClients = [
  ['kafkajs', 'client=kafkajs'],
  ['@platformatic/kafka', 'client=platformatic'],
] as const;

/** The newer way to form groups, which only one of them knows. */
export const newerGroups = [
  '@platformatic/kafka with groups of the newer protocol',
  'client=platformatic&protocol=consumer',
] as const;

const silent = pino({ level: 'silent' });
const topics = ['topic', 'one', 'two', 'three'].map((name) => ({
  name,
  partitions: 4,
  retentionMs: 3_600_000,
}));

/** A corner of a broker that nobody else uses, with the topics `topic`, `one`, `two` and `three`. */
export function corner(url: string, options: string, log: Logger = silent): { connect(): Promise<KafkaBus> } {
  const BUS_URL = `${url}?${options}&session=6&prefix=${randomUUID().slice(0, 8)}-`;
  return { connect: () => connectKafka({ BUS_URL }, { log, topics }) };
}
