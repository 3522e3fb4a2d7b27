import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import type { Config } from '../../config.js';
import type { KafkaUrl } from './kafka-url.js';

type Credentials = Pick<
  Config,
  'KAFKA_USERNAME' | 'KAFKA_PASSWORD' | 'KAFKA_CA_FILE' | 'KAFKA_CERT_FILE' | 'KAFKA_KEY_FILE'
>;

/** How we prove who we are, and how the broker does. */
export interface KafkaSecurity {
  sasl: { mechanism: NonNullable<KafkaUrl['sasl']>; username: string; password: string } | undefined;
  /** undefined: nothing is encrypted */
  tls: ConnectionOptions | undefined;
}

const refused = (what: string) => new PlatformError('invalid', what);

/** @throws PlatformError `invalid` when URL and settings contradict each other or a file cannot be read */
export async function readSecurity(url: KafkaUrl, credentials: Credentials): Promise<KafkaSecurity> {
  return { sasl: saslOf(url, credentials), tls: await tlsOf(url, credentials) };
}

function saslOf({ sasl: mechanism }: KafkaUrl, settings: Credentials): KafkaSecurity['sasl'] {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = settings;
  if (mechanism === undefined && username === undefined && password === undefined) return undefined;
  if (mechanism === undefined)
    throw refused(
      'BUS_URL: KAFKA_USERNAME or KAFKA_PASSWORD is set, so name the mechanism, as in sasl=scram-sha-512',
    );
  if (username === undefined || password === undefined)
    throw refused(`BUS_URL: sasl=${mechanism} needs KAFKA_USERNAME and KAFKA_PASSWORD`);
  return { mechanism, username, password };
}

async function tlsOf({ tls }: KafkaUrl, settings: Credentials): Promise<KafkaSecurity['tls']> {
  const { KAFKA_CA_FILE, KAFKA_CERT_FILE, KAFKA_KEY_FILE } = settings;
  const files = Object.entries({ KAFKA_CA_FILE, KAFKA_CERT_FILE, KAFKA_KEY_FILE });
  const set = files.flatMap(([name, path]) => (path === undefined ? [] : [name]));
  if (tls === false && set.length > 0) throw refused(`BUS_URL: tls=false, but ${set.join(' and ')} is set`);
  if ((KAFKA_CERT_FILE === undefined) !== (KAFKA_KEY_FILE === undefined))
    throw refused('KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together, found only one of them');
  if (tls !== true && set.length === 0) return undefined;
  const ca = await contentOf('KAFKA_CA_FILE', KAFKA_CA_FILE);
  const cert = await contentOf('KAFKA_CERT_FILE', KAFKA_CERT_FILE);
  const key = await contentOf('KAFKA_KEY_FILE', KAFKA_KEY_FILE);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

async function contentOf(name: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refused(`${name}: cannot read it: ${messageOf(error)}`);
  }
}
