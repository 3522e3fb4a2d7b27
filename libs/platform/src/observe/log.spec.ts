import { PlatformError } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { createLogger, withLogFields } from './log.js';

function open(level: 'info' | 'warn' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ LOG_LEVEL: level }, ['api', 'training'], { write: (line) => lines.push(line) });
  const last = () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  return { log, lines, last };
}

describe('a log line', () => {
  it('says which services wrote it', () => {
    const { log, last } = open();
    log.info('listening');
    expect(last()).toMatchObject({ msg: 'listening', service: 'api,training', pid: process.pid });
  });

  it('says whose it is within a piece of work, and nothing of it afterwards', async () => {
    const { log, last } = open();
    await withLogFields({ studyId: 's', taskId: 't', kind: 'train', attempt: 2 }, async () => {
      await withLogFields({ traceId: 'x' }, async () => {
        await Promise.resolve();
        log.warn('slow');
      });
    });
    expect(last()).toMatchObject({ studyId: 's', taskId: 't', kind: 'train', attempt: 2, traceId: 'x' });
    log.info('idle');
    expect(last()).not.toHaveProperty('taskId');
  });

  it('says nothing twice, and the nearest wins', () => {
    const { log, lines, last } = open();
    const child = log.child({ taskId: 'bound' });
    withLogFields({ taskId: 'around', attempt: 1 }, () => child.info({ attempt: 2 }, 'accepted'));
    expect(last()).toMatchObject({ taskId: 'bound', attempt: 2 });
    expect(lines.at(-1)?.match(/"(taskId|attempt)"/g)).toHaveLength(2);
  });

  it('gives an error its code and its cause', () => {
    const { log, last } = open();
    const cause = new Error('connection refused');
    log.error({ err: new PlatformError('unavailable', 'no broker', { cause }) }, 'failed');
    expect(last().err).toMatchObject({
      code: 'unavailable',
      stack: expect.stringContaining('connection refused') as string,
    });
  });

  it('is not written when it is less severe than asked for', () => {
    const { log, lines } = open('warn');
    log.info('chatter');
    log.warn('trouble');
    expect(lines).toHaveLength(1);
  });
});

describe('a secret', () => {
  it.each([
    ['by name', { password: 'hush' }],
    ['by name of a setting', { config: { S3_SECRET_KEY: 'hush', KAFKA_PASSWORD: 'hush' } }],
    ['two levels down', { err: { options: { authorization: 'hush' } } }],
    ['in a URL', { url: 'postgres://admin:hush@db:5432/x' }],
    ['in a URL of an error', { err: new Error('cannot reach kafka://u:hush@broker:9092') }],
  ])('is masked %s', (_, fields) => {
    const { log, lines } = open();
    log.info(fields, 'said');
    expect(lines.join()).not.toContain('hush');
    expect(lines.join()).toContain('***');
  });

  it('is masked in the message, and what is no password stays', () => {
    const { log, last } = open();
    log.info('cannot reach postgres://admin:hush@db:5432/x, see http://a.b:80/c@d');
    expect(last().msg).toBe('cannot reach postgres://admin:***@db:5432/x, see http://a.b:80/c@d');
  });
});
