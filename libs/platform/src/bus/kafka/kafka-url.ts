import { PlatformError } from '@palimpsest/contracts';

const clients = ['kafkajs', 'platformatic'] as const;
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const DEFAULT_PORT = 9092;

/** What a URL such as `kafka://host:9092,other:9092?prefix=lab-&tls=true` says. */
export interface KafkaUrl {
  /** host:port each */
  brokers: string[];
  /** Which library talks to the broker: see docs/decisions/0004-kafka-clients.md. */
  client: (typeof clients)[number];
  /** Stands before the names of topics and groups. */
  prefix: string;
  sasl: (typeof mechanisms)[number] | undefined;
  /** undefined: where a certificate is given */
  tls: boolean | undefined;
  /** Whether topics that the broker lacks are created, or only asked for. */
  topics: 'create' | 'check';
  /** How groups agree on who reads what: by their members, or by the broker (KIP-848). */
  protocol: 'classic' | 'consumer';
  /** Without a sign of life for so long, a member of a group is taken for dead. */
  sessionSeconds: number;
}

const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (name: string, text: string): T => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw refused(`${name} must be ${values.join(' or ')}, found "${text}"`);
    return found;
  };

const flag = (name: string, text: string) => oneOf('true', 'false')(name, text) === 'true';

function prefix(_: string, text: string): string {
  if (/^[\w.-]{0,64}$/.test(text)) return text;
  throw refused(`prefix may have letters, digits, ".", "_" and "-", at most 64, found "${text}"`);
}

function seconds(name: string, text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 6 && Number(text) <= 300) return Number(text);
  throw refused(`${name} must be whole seconds from 6 to 300, found "${text}"`);
}

const options = {
  client: oneOf(...clients),
  prefix,
  sasl: oneOf(...mechanisms),
  tls: flag,
  topics: oneOf('create', 'check'),
  protocol: oneOf('classic', 'consumer'),
  session: seconds,
};
type OptionName = keyof typeof options;

const refused = (what: string) => new PlatformError('invalid', `BUS_URL: ${what}`);

/** @throws PlatformError `invalid`, naming what of the URL is wrong and what was expected */
export function parseKafkaUrl(url: string): KafkaUrl {
  const [, hosts = '', query = ''] = /^kafka:\/\/([^?]*)\??(.*)$/.exec(url) ?? [];
  const given = new Map<OptionName, string>();
  for (const [name, value] of new URLSearchParams(query)) given.set(known(name), value);
  const read = <N extends OptionName>(name: N) => {
    const text = given.get(name);
    return text === undefined ? undefined : (options[name](name, text) as ReturnType<(typeof options)[N]>);
  };
  const client = read('client') ?? 'platformatic';
  const protocol = read('protocol') ?? 'classic';
  if (protocol === 'consumer' && client === 'kafkajs')
    throw refused('protocol=consumer needs client=platformatic, kafkajs does not speak it');
  return {
    ...{ brokers: brokersOf(hosts), client, protocol },
    ...{ prefix: read('prefix') ?? '', topics: read('topics') ?? 'create' },
    ...{ sasl: read('sasl'), tls: read('tls'), sessionSeconds: read('session') ?? 10 },
  };
}

function known(name: string): OptionName {
  if (name in options) return name as OptionName;
  throw refused(`there is no option "${name}", there are ${Object.keys(options).join(', ')}`);
}

function brokersOf(hosts: string): string[] {
  if (hosts.includes('@'))
    throw refused('credentials do not belong into the URL, set KAFKA_USERNAME and KAFKA_PASSWORD');
  return hosts.replace(/\/$/, '').split(',').map(brokerOf);
}

function brokerOf(host: string): string {
  const [, name, port = `${DEFAULT_PORT}`] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(host) ?? [];
  if (name === undefined || Number(port) > 65_535)
    throw refused(`expected kafka://host:port,host:port?option=value, found "${host}" for a host`);
  return `${name}:${port}`;
}
