import { randomUUID } from 'node:crypto';
import { createServer, type Server as TcpServer } from 'node:net';
import { eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectKafka } from '../../libs/platform/src/bus/kafka/connect-kafka.js';
import { missing, startKafka, type Server } from './servers/servers.mjs';
import { kafkaClients } from './support/kafka-bus.js';

const reason = missing('kafka', { secure: true });
const silent = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;
/** It tries again for 8 s; the last time it asks thrice, with 3 s each to connect. The rest is for a slow machine. */
const SOON_MS = 8000 + 3 * 3000 + 2000;

describe.skipIf(reason).each(kafkaClients)(
  `a process that starts over Kafka, through %s (${reason ?? 'real broker'})`,
  (_, options) => {
    let kafka: Server;
    let ways: NonNullable<Server['listeners']>;
    beforeAll(async () => {
      kafka = await startKafka({ secure: true });
      if (!kafka.listeners) throw new Error('expected a secure broker');
      ways = kafka.listeners;
      return () => kafka.remove();
    });

    const topic = { name: `t-${randomUUID()}`, partitions: 2, retentionMs: HOUR_MS };
    const connect = (url: string, env: Record<string, string> = {}, more = '', topics = [topic]) =>
      connectKafka({ BUS_URL: `${url}?${options}${more}`, ...env }, { log: silent, topics });
    const sasl = '&sasl=scram-sha-512';

    it.each<[string, () => [string, Record<string, string>, string]]>([
      ['nothing', () => [ways.plaintext.url, {}, '']],
      ['a password over TLS', () => [ways.sasl.url, ways.sasl.env, sasl]],
      ['a certificate', () => [ways.mtls.url, ways.mtls.env, '']],
    ])('shows %s to the broker, publishes and hears', async (_, way) => {
      const bus = await connect(...way());
      const heard: string[] = [];
      await bus.subscribe([topic.name], randomUUID(), ({ value }) => {
        heard.push(Buffer.from(value).toString());
        return Promise.resolve();
      });
      const text = randomUUID();
      await bus.publish({ topic: topic.name, key: '', value: Buffer.from(text) });
      await eventually('heard', () => heard.includes(text), 10_000);
      await bus.close();
    });

    it.each<[string, string, RegExp, () => [string, Record<string, string>?, string?]]>([
      [
        'an unknown host',
        'unavailable',
        /unknown host: check the name/,
        () => ['kafka://no-such-host.invalid:9092'],
      ],
      [
        'a port where nobody listens',
        'unavailable',
        /start the broker or check host and port/,
        () => ['kafka://127.0.0.1:1'],
      ],
      [
        'TLS where there is none',
        'unavailable',
        /does not answer in TLS/,
        () => [ways.plaintext.url, {}, '&tls=true'],
      ],
      ['no TLS where it is expected', 'unavailable', /expect TLS \(tls=true/, () => [ways.mtls.url]],
      ['no trust in the certificate', 'denied', /KAFKA_CA_FILE/, () => [ways.mtls.url, {}, '&tls=true']],
      [
        'no certificate where one is expected',
        expect.any(String) as string,
        /KAFKA_CERT_FILE/,
        () => [ways.mtls.url, { KAFKA_CA_FILE: ways.mtls.env.KAFKA_CA_FILE ?? '' }],
      ],
      [
        'a wrong password',
        'denied',
        /turns palimpsest away .*KAFKA_PASSWORD/,
        () => [ways.sasl.url, { ...ways.sasl.env, KAFKA_PASSWORD: 'wrong-secret' }, sasl],
      ],
      [
        'a mechanism that the broker does not offer',
        'invalid',
        /does not know sasl=plain: name another/,
        () => [ways.sasl.url, ways.sasl.env, '&sasl=plain'],
      ],
    ])('says in one line, soon, what is wrong with %s', async (_, code, message, way) => {
      const begin = Date.now();
      const error = (await connect(...way()).then(
        () => new Error('it connected'),
        (thrown: unknown) => thrown,
      )) as Error;
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
      expect(error.message).not.toMatch(/\n|secret/);
      expect(Date.now() - begin).toBeLessThan(SOON_MS);
    });

    it('creates the topics it lacks, several processes at once', async () => {
      const wanted = ['a', 'b'].map((name, i) => ({
        ...{ name: `${name}-${randomUUID()}`, partitions: 3 + i, retentionMs: HOUR_MS },
      }));
      const open = await Promise.all([1, 2, 3, 4].map(() => connect(kafka.url, {}, '', wanted)));
      await Promise.all(open.map((bus) => bus.close()));
      const lines = await warningsOf(wanted);
      expect(lines).toEqual([]);
    });

    it('says which topics it lacks, and how to create them, where it must not', async () => {
      const name = `none-${randomUUID()}`;
      await expect(connect(kafka.url, {}, '&topics=check', [{ ...topic, name }])).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringMatching(
          new RegExp(`lacks the topics ${name}.*--create --topic ${name} `),
        ) as string,
      });
    });

    it('warns of a topic that is not as declared, and leaves it as it is', async () => {
      const name = `t-${randomUUID()}`;
      await (await connect(kafka.url, {}, '', [{ ...topic, name }])).close();
      const other = [{ name, partitions: 5, retentionMs: 2 * HOUR_MS }];
      for (let time = 0; time < 2; time++)
        expect(await warningsOf(other)).toEqual([
          expect.stringMatching(`fewer partitions .*--alter --topic ${name} --partitions 5`),
          expect.stringMatching(`another time .*--entity-name ${name} --add-config retention.ms=7200000`),
        ]);
    });

    async function warningsOf(topics: (typeof topic)[]): Promise<string[]> {
      const lines: string[] = [];
      const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg);
      const log = pino({ level: 'warn' }, { write });
      const bus = await connectKafka({ BUS_URL: `${kafka.url}?${options}` }, { log, topics });
      await bus.close();
      return lines;
    }

    it('gives up on a broker that accepts and says nothing', async () => {
      const mute: TcpServer = createServer();
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
      const address = mute.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const begin = Date.now();
      await expect(connect(`kafka://127.0.0.1:${port ?? 0}`)).rejects.toMatchObject({ code: 'unavailable' });
      expect(Date.now() - begin).toBeLessThan(45_000);
      mute.close();
    });
  },
);

it.skipIf(reason)(
  `records of a key go to the same partition, whichever library sends them (${reason ?? 'real broker'})`,
  async () => {
    const kafka = await startKafka();
    onTestFinished(() => kafka.remove());
    const topics = [{ name: 'topic', partitions: 7, retentionMs: HOUR_MS }];
    const buses = await Promise.all(
      kafkaClients.map(([, options]) =>
        connectKafka({ BUS_URL: `${kafka.url}?${options}` }, { log: silent, topics }),
      ),
    );
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i} ${'ü'.repeat(i % 5)}`);
    for (const [nth, bus] of buses.entries())
      for (const key of keys) await bus.publish({ topic: 'topic', key, value: Buffer.from(`${nth}`) });
    // Two records of a key in one partition come in their order; of two partitions, often enough, they do not.
    const { KafkajsClient } = await import('../../libs/platform/src/bus/kafka/kafkajs-client.js');
    const connection = { brokers: [kafka.url.slice('kafka://'.length)], tls: undefined, sasl: undefined };
    const client = new KafkajsClient({ connection, clientId: 'spec', sessionMs: 6000, log: silent });
    const ranges = await client.ranges(['topic']);
    expect(ranges.reduce((sum, { high }) => sum + Number(high), 0)).toBe(100);
    for (const { high } of ranges) expect(Number(high) % 2).toBe(0);
    await client.close();
    await Promise.all(buses.map((bus) => bus.close()));
  },
);
