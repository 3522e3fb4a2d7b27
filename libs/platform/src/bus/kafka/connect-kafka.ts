import { hostname } from 'node:os';
import { topics as declarations } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import type { BrokerTopic, KafkaClient } from './kafka-client.js';
import { KafkaBus } from './kafka-bus.js';
import type { Connection } from './kafka-errors.js';
import { readSecurity } from './kafka-security.js';
import { parseKafkaUrl, type KafkaUrl } from './kafka-url.js';

const HOUR_MS = 3_600_000;

const declared = (): BrokerTopic[] =>
  Object.entries(declarations).map(([name, { partitions, retentionHours }]) => ({
    ...{ name, partitions, retentionMs: retentionHours * HOUR_MS },
  }));

type KafkaConfig = Pick<Config, 'BUS_URL'> & Parameters<typeof readSecurity>[1];

/**
 * Reaches the broker that `BUS_URL` names and makes sure of the topics there.
 *
 * @throws PlatformError within about ten seconds: one line that says what is wrong and what to do
 */
export async function connectKafka(
  config: KafkaConfig,
  { log, topics = declared() }: { log: Logger; topics?: BrokerTopic[] },
): Promise<KafkaBus> {
  const url = parseKafkaUrl(config.BUS_URL);
  const connection = { brokers: url.brokers, ...(await readSecurity(url, config)) };
  if (connection.sasl?.mechanism === 'plain' && !connection.tls)
    log.warn({ brokers: url.brokers }, 'sasl=plain without TLS sends the password as it is: set tls=true');
  const client = await openClient(url, connection, log);
  return KafkaBus.connect({
    ...{ client, connection, topics, log },
    ...{ prefix: url.prefix, create: url.topics === 'create' },
  });
}

/** Loads the library that the URL names, and no other. */
async function openClient(url: KafkaUrl, connection: Connection, log: Logger): Promise<KafkaClient> {
  const clientId = `palimpsest-${hostname()}-${process.pid}`;
  const options = { connection, clientId, sessionMs: url.sessionSeconds * 1000, log };
  switch (url.client) {
    case 'kafkajs': {
      const { KafkajsClient } = await import('./kafkajs-client.js');
      return new KafkajsClient(options);
    }
    case 'platformatic': {
      const { PlatformaticClient } = await import('./platformatic-client.js');
      return new PlatformaticClient({ ...options, protocol: url.protocol });
    }
  }
}
