import { PlatformError } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { Sender } from './sender.js';

const record = (text: string) => ({ topic: 't', key: 'k', value: Buffer.from(text) });
const textsOf = (records: { value: Uint8Array }[]) =>
  records.map(({ value }) => Buffer.from(value).toString());
const away = () => new PlatformError('unavailable', 'away');

describe('Sender', () => {
  it('sends together what came while a request was on its way, in order', async () => {
    const sent: string[][] = [];
    const sender = new Sender((records) => {
      sent.push(textsOf(records));
      return new Promise((resolve) => setTimeout(resolve, 1));
    });
    await Promise.all(['a', 'b', 'c'].map((text) => sender.send(record(text))));
    const first = sender.send(record('d'));
    await new Promise(setImmediate);
    await Promise.all([first, sender.send(record('e')), sender.send(record('f'))]);
    expect(sent).toEqual([['a', 'b', 'c'], ['d'], ['e', 'f']]);
  });

  it('tries again in the same order while the broker is away, and gives up after its patience', async () => {
    const sent: string[] = [];
    let tries = 0;
    const sender = new Sender(
      (records) => {
        if (++tries < 4) return Promise.reject(away());
        sent.push(...textsOf(records));
        return Promise.resolve();
      },
      { restMs: 20, patienceMs: 10_000 },
    );
    await Promise.all(['a', 'b', 'c'].map((text) => sender.send(record(text))));
    expect(sent).toEqual(['a', 'b', 'c']);

    const hopeless = new Sender(() => Promise.reject(away()), { restMs: 5, patienceMs: 30 });
    await expect(hopeless.send(record('x'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('keeps what the broker refuses from taking others with it', async () => {
    const sent: string[] = [];
    const sender = new Sender((records) => {
      const texts = textsOf(records);
      if (texts.includes('bad')) return Promise.reject(new PlatformError('invalid', 'too large'));
      sent.push(...texts);
      return Promise.resolve();
    });
    const results = await Promise.allSettled(['a', 'bad', 'b'].map((text) => sender.send(record(text))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toEqual(['a', 'b']);
  });

  it('sends no more at once than a broker takes', async () => {
    const sizes: number[] = [];
    const send = (records: unknown[]) => {
      sizes.push(records.length);
      return Promise.resolve();
    };
    const sender = new Sender(send, { bytesAtOnce: 10, recordsAtOnce: 3 });
    await Promise.all(
      ['123456', '123456', '1', '1', '1', '1', '12345678901234'].map((text) => sender.send(record(text))),
    );
    expect(sizes).toEqual([1, 3, 2, 1]);
  });

  it('sends what waits when closed, and gives up at once on what it cannot', async () => {
    const sender = new Sender(() => Promise.reject(away()), { restMs: 1 });
    const sending = sender.send(record('a'));
    const [result] = await Promise.allSettled([sending, sender.close()]);
    expect(result.status).toBe('rejected');
    await expect(sender.send(record('b'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
