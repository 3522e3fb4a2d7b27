import { describe, expect, it } from 'vitest';
import { readSecurity } from './kafka-security.js';
import { parseKafkaUrl } from './kafka-url.js';

const read = (options: string, settings = {}) =>
  readSecurity(parseKafkaUrl(`kafka://host?${options}`), settings);

describe('readSecurity', () => {
  it('needs neither credentials nor certificates', async () => {
    expect(await read('')).toEqual({ sasl: undefined, tls: undefined });
    expect(await read('tls=true')).toEqual({ sasl: undefined, tls: {} });
  });

  it.each([
    ['sasl=plain', { KAFKA_USERNAME: 'me' }, /sasl=plain needs KAFKA_USERNAME and KAFKA_PASSWORD/],
    ['', { KAFKA_USERNAME: 'me', KAFKA_PASSWORD: 'secret' }, /name the mechanism/],
    ['tls=false', { KAFKA_CA_FILE: 'ca.pem' }, /tls=false, but KAFKA_CA_FILE is set/],
    ['', { KAFKA_CERT_FILE: 'cert.pem' }, /KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together/],
    ['', { KAFKA_CA_FILE: 'no-such.pem' }, /KAFKA_CA_FILE: cannot read it: .*no-such.pem/],
  ])('refuses what does not fit together: %s %j', async (options, settings, message) => {
    await expect(read(options, settings)).rejects.toMatchObject({
      ...{ code: 'invalid', message: expect.stringMatching(message) as string },
    });
  });
});
