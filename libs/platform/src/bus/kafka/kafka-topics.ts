import { PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { BrokerTopic, KafkaClient } from './kafka-client.js';
import { hasCode } from './kafka-errors.js';

/** How often to look whether a topic that was just created is there: brokers learn of it one by one. */
const LOOKS = 50;
const LOOK_MS = 100;

/** What to make sure of. */
export interface TopicsWanted {
  declared: BrokerTopic[];
  /** Whether those that lack are created. */
  create: boolean;
  log: Logger;
}

/**
 * Creates the topics that the broker lacks, and warns of those that are not as declared; it never changes one.
 *
 * @throws PlatformError `not-found` or `denied`, naming the topics that lack and how to create them
 */
export async function ensureTopics(
  client: KafkaClient,
  { declared, create, log }: TopicsWanted,
): Promise<void> {
  const names = declared.map(({ name }) => name);
  const found = await client.describeTopics(names);
  for (const topic of found) compare(topic, declared, log);
  const lacking = declared.filter(({ name }) => !found.some((topic) => topic.name === name));
  if (lacking.length === 0) return;
  if (!create) throw missing('not-found', lacking, 'BUS_URL says topics=check');
  await createAll(client, lacking);
  log.info({ topics: lacking.map(({ name }) => name) }, 'created topics');
  await untilThere(client, names);
}

async function createAll(client: KafkaClient, topics: BrokerTopic[]): Promise<void> {
  for (const topic of topics) {
    try {
      await client.createTopics([topic]);
    } catch (error) {
      // Another process that starts at the same time was faster.
      if (hasCode(error, 'TOPIC_ALREADY_EXISTS')) continue;
      if (hasCode(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'))
        throw missing('denied', topics, 'the broker forbids us to create them', error);
      throw error;
    }
  }
}

async function untilThere(client: KafkaClient, names: string[]): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const found = await client.describeTopics(names);
    if (found.length === names.length) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new PlatformError(
    'unavailable',
    `the broker has not finished creating the topics ${names.join(', ')}`,
  );
}

function compare(found: BrokerTopic, declared: BrokerTopic[], log: Logger): void {
  const wanted = declared.find(({ name }) => name === found.name);
  if (!wanted) return;
  const topic = found.name;
  if (found.partitions < wanted.partitions)
    log.warn(
      { topic, expected: wanted.partitions, found: found.partitions },
      `topic has fewer partitions than declared, so fewer processes share its work: while nothing runs, kafka-topics.sh --alter --topic ${topic} --partitions ${wanted.partitions}`,
    );
  if (found.retentionMs !== wanted.retentionMs)
    log.warn(
      { topic, expected: wanted.retentionMs, found: found.retentionMs },
      `topic keeps its records for another time than declared: kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config retention.ms=${wanted.retentionMs}`,
    );
}

function missing(
  code: 'not-found' | 'denied',
  topics: BrokerTopic[],
  why: string,
  cause?: unknown,
): PlatformError {
  const commands = topics.map(
    ({ name, partitions, retentionMs }) =>
      `kafka-topics.sh --bootstrap-server BROKER --create --topic ${name} --partitions ${partitions} --config retention.ms=${retentionMs}`,
  );
  const names = topics.map(({ name }) => name).join(', ');
  const message = `the broker lacks the topics ${names}, and ${why}: create them with ${commands.join(' && ')}`;
  return new PlatformError(code, message, { cause });
}
