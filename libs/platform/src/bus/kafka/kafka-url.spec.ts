import { describe, expect, it } from 'vitest';
import { parseKafkaUrl } from './kafka-url.js';

describe('parseKafkaUrl', () => {
  it('reads hosts, of which some have a port', () => {
    expect(parseKafkaUrl('kafka://one,two.example:29092,[::1]:1/').brokers).toEqual([
      ...['one:9092', 'two.example:29092', '[::1]:1'],
    ]);
  });

  it('reads the options, each with a default', () => {
    expect(parseKafkaUrl('kafka://host')).toMatchObject({
      client: 'platformatic',
      ...{
        prefix: '',
        sasl: undefined,
        tls: undefined,
        topics: 'create',
        protocol: 'classic',
        sessionSeconds: 10,
      },
    });
    const all = 'client=kafkajs&prefix=lab-&sasl=plain&tls=true&topics=check&protocol=classic&session=30';
    expect(parseKafkaUrl(`kafka://host?${all}`)).toMatchObject({
      ...{ client: 'kafkajs', prefix: 'lab-', sasl: 'plain', tls: true, topics: 'check' },
      ...{ protocol: 'classic', sessionSeconds: 30 },
    });
  });

  it('lets the broker form the groups where asked to', () => {
    expect(parseKafkaUrl('kafka://host?protocol=consumer').protocol).toBe('consumer');
  });

  it.each([
    ['kafka://host?colour=red', /no option "colour", there are client, prefix/],
    ['kafka://host?client=librdkafka', /client must be kafkajs or platformatic, found "librdkafka"/],
    ['kafka://host?tls=yes', /tls must be true or false, found "yes"/],
    ['kafka://host?prefix=a/b', /prefix .* found "a\/b"/],
    ['kafka://host?session=1', /session .* 6 to 300, found "1"/],
    ['kafka://host?client=kafkajs&protocol=consumer', /protocol=consumer needs client=platformatic/],
    ['kafka://user:secret@host', /KAFKA_USERNAME and KAFKA_PASSWORD/],
    ['kafka://', /expected kafka:\/\/host:port/],
    ['kafka:host', /expected kafka:\/\/host:port/],
    ['kafka://host:70000', /found "host:70000"/],
  ])('refuses %s and names what is wrong', (url, message) => {
    let thrown: unknown;
    try {
      parseKafkaUrl(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalid', message: expect.stringMatching(message) as string });
    expect(String(thrown)).not.toContain('secret');
  });
});
