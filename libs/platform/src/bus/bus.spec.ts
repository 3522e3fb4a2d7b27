import type { Message } from '@palimpsest/contracts';
import { aRequest, eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Bus } from './bus.js';
import { MemoryBus } from './memory-bus.js';

const log = pino({ level: 'silent' });
const progressed = (done: number) => ({ taskId: 'a', attempt: 1, done });

function open() {
  const driver = new MemoryBus();
  return { driver, bus: new Bus(driver, log, { deliveries: 3, backoffMs: 1 }) };
}

async function deadLettersOf(bus: Bus): Promise<Message<'task.dead'>[]> {
  const dead: Message<'task.dead'>[] = [];
  await bus.subscribe(['task.dead'], 'undertaker', ({ message }) => {
    dead.push(message);
    return Promise.resolve();
  });
  return dead;
}

describe('Bus', () => {
  it('tells the topic of each delivery', async () => {
    const { bus } = open();
    const heard: string[] = [];
    await bus.subscribe(['task.progressed', 'compare.requested'], 'group', (delivery) => {
      if (delivery.topic === 'task.progressed') heard.push(`progress ${delivery.message.done}`);
      else heard.push(`request ${delivery.message.kind}`);
      return Promise.resolve();
    });
    await bus.publish('task.progressed', progressed(0.5));
    await bus.publish('compare.requested', aRequest());
    await eventually('both heard', () => heard.length === 2);
    expect(heard.sort()).toEqual(['progress 0.5', 'request compare']);
    await bus.close();
  });

  it('refuses to send what is not of the topic, and says what is wrong', async () => {
    const { bus } = open();
    await expect(bus.publish('task.progressed', progressed(2))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/task\.progressed[^]*done/) as string,
    });
  });

  it('ignores fields it does not know, as newer programs send them', async () => {
    const { driver, bus } = open();
    const heard: unknown[] = [];
    await bus.subscribe(['task.progressed'], 'group', ({ message }) => {
      heard.push(message);
      return Promise.resolve();
    });
    const value = Buffer.from(JSON.stringify({ ...progressed(1), mood: 'good' }));
    await driver.publish({ topic: 'task.progressed', key: 'a', value });
    await eventually('heard', () => heard.length === 1);
    expect(heard).toEqual([progressed(1)]);
    await bus.close();
  });

  it.each(['not JSON', '{"taskId":"a"}'])(
    'sends %s to task.dead with its bytes and the reason',
    async (text) => {
      const { driver, bus } = open();
      const dead = await deadLettersOf(bus);
      let handled = 0;
      await bus.subscribe(['task.progressed'], 'group', () => {
        handled += 1;
        return Promise.resolve();
      });
      await driver.publish({ topic: 'task.progressed', key: 'a', value: Buffer.from(text) });
      await bus.publish('task.progressed', progressed(1));
      await eventually('the next handled', () => handled === 1 && dead.length === 1);
      expect(dead[0]).toMatchObject({ topic: 'task.progressed', key: 'a' });
      expect(Buffer.from(dead[0]?.base64 ?? '', 'base64').toString()).toBe(text);
      expect(dead[0]?.reason).not.toBe('');
      await bus.close();
    },
  );

  it('gives a handler that throws a message three times, then buries it and goes on', async () => {
    const { bus } = open();
    const dead = await deadLettersOf(bus);
    const heard: number[] = [];
    await bus.subscribe(['task.progressed'], 'group', ({ message }) => {
      heard.push(message.done);
      return message.done === 0 ? Promise.reject(new Error('no zeros')) : Promise.resolve();
    });
    await bus.publish('task.progressed', progressed(0));
    await bus.publish('task.progressed', progressed(1));
    await eventually('the next heard', () => heard.includes(1));
    expect(heard).toEqual([0, 0, 0, 1]);
    expect(dead.map(({ reason }) => reason)).toEqual(['failed 3 times: no zeros']);
    await bus.close();
  });

  it('does not breed dead letters from dead letters', async () => {
    const { driver, bus } = open();
    const dead = await deadLettersOf(bus);
    await driver.publish({ topic: 'task.dead', key: '', value: Buffer.from('not JSON') });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(dead).toEqual([]);
    await bus.close();
  });
});
