import { eventually } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import type { BusDriver, BusRecord } from './bus.js';
import { MemoryBus } from './memory-bus.js';

const record = (key: string, text: string, topic = 'topic'): BusRecord => ({
  topic,
  key,
  value: new TextEncoder().encode(text),
});
const textOf = ({ value }: BusRecord) => new TextDecoder().decode(value);

/** Hears everything, and keeps it. */
function listener() {
  const heard: string[] = [];
  const handle = (each: BusRecord) => {
    heard.push(textOf(each));
    return Promise.resolve();
  };
  return { heard, handle };
}

/** Something to wait for. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

/** Every driver, and how to connect to a broker that holds nothing. */
const drivers: [string, () => Promise<BusDriver>][] = [['MemoryBus', () => Promise.resolve(new MemoryBus())]];

describe.each(drivers)('%s is a bus driver that', (_, open) => {
  it('gives each record to every group, and in a group to one', async () => {
    const bus = await open();
    const [a, b, other] = [listener(), listener(), listener()];
    await bus.subscribe(['topic'], 'group', a.handle);
    await bus.subscribe(['topic'], 'group', b.handle);
    await bus.subscribe(['topic'], 'other', other.handle);
    const sent = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const each of sent) await bus.publish(record(each, each));
    await eventually('all heard', () => a.heard.length + b.heard.length === 20 && other.heard.length === 20);
    expect([...a.heard, ...b.heard].sort()).toEqual([...sent].sort());
    await bus.close();
  });

  it('hears only the topics that were asked for', async () => {
    const bus = await open();
    const { heard, handle } = listener();
    await bus.subscribe(['one', 'two'], 'group', handle);
    for (const topic of ['one', 'three', 'two']) await bus.publish(record('key', topic, topic));
    await eventually('both heard', () => heard.length === 2);
    expect(heard.sort()).toEqual(['one', 'two']);
    await bus.close();
  });

  it('keeps the order of each key, however many take part', async () => {
    const bus = await open();
    const heard: string[] = [];
    const handle = async (each: BusRecord) => {
      await new Promise((resolve) => setTimeout(resolve, Number(textOf(each)) % 3));
      heard.push(`${each.key}${textOf(each)}`);
    };
    for (let i = 0; i < 3; i++) await bus.subscribe(['topic'], 'group', handle);
    for (let i = 0; i < 8; i++) for (const key of ['a', 'b']) await bus.publish(record(key, `${i}`));
    await eventually('all heard', () => heard.length === 16);
    const inOrder = Array.from({ length: 8 }, (_, i) => i);
    for (const key of ['a', 'b'])
      expect(heard.filter((each) => each.startsWith(key))).toEqual(inOrder.map((i) => `${key}${i}`));
    await bus.close();
  });

  it('copies: what the sender or a reader does to the bytes touches nobody else', async () => {
    const bus = await open();
    const heard: string[] = [];
    for (const group of ['one', 'two'])
      await bus.subscribe(['topic'], group, (each) => {
        heard.push(textOf(each));
        each.value.fill(0);
        return Promise.resolve();
      });
    const sent = record('key', 'text');
    await bus.publish(sent);
    sent.value.fill(0);
    await eventually('both heard', () => heard.length === 2);
    expect(heard).toEqual(['text', 'text']);
    await bus.close();
  });

  it('never runs a handler inside of publish', async () => {
    const bus = await open();
    const { heard, handle } = listener();
    await bus.subscribe(['topic'], 'group', handle);
    const published = bus.publish(record('key', 'text'));
    expect(heard).toEqual([]);
    await published;
    await eventually('heard', () => heard.length === 1);
    await bus.close();
  });

  it('delivers again what a handler failed on, before what follows it', async () => {
    const bus = await open();
    const heard: string[] = [];
    await bus.subscribe(['topic'], 'group', (each) => {
      heard.push(textOf(each));
      return heard.length < 3 ? Promise.reject(new Error('not now')) : Promise.resolve();
    });
    await bus.publish(record('key', 'first'));
    await bus.publish(record('key', 'second'));
    await eventually('all heard', () => heard.length === 4);
    expect(heard).toEqual(['first', 'first', 'first', 'second']);
    await bus.close();
  });

  it('takes nothing while paused, and everything when resumed', async () => {
    const bus = await open();
    const { heard, handle } = listener();
    const subscription = await bus.subscribe(['topic'], 'group', async (each) => {
      subscription.pause();
      await handle(each);
    });
    for (const text of ['1', '2', '3']) await bus.publish(record(text, text));
    await eventually('one heard', () => heard.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(heard).toEqual(['1']);
    subscription.resume();
    await eventually('the next heard', () => heard.length === 2);
    await bus.close();
  });

  it('finishes what is in hand when closed, and leaves the rest to the group', async () => {
    const bus = await open();
    const { open: finish, opened } = gate();
    const [slow, next] = [listener(), listener()];
    let begun = false;
    const subscription = await bus.subscribe(['topic'], 'group', async (each) => {
      begun = true;
      await opened;
      await slow.handle(each);
    });
    await bus.publish(record('key', 'in hand'));
    await bus.publish(record('key', 'waiting'));
    await eventually('begun', () => begun);
    const closed = subscription.close();
    await bus.subscribe(['topic'], 'group', next.handle);
    finish();
    await closed;
    expect(slow.heard).toEqual(['in hand']);
    await eventually('the other took over', () => next.heard.length === 1);
    expect(next.heard).toEqual(['waiting']);
    await bus.close();
  });

  it('keeps the records of a topic for the first group that comes', async () => {
    const bus = await open();
    const { heard, handle } = listener();
    await bus.publish(record('key', 'early'));
    await bus.subscribe(['topic'], 'group', handle);
    await eventually('heard', () => heard.length === 1);
    await bus.close();
  });

  it('refuses to publish once closed', async () => {
    const bus = await open();
    await bus.close();
    await expect(bus.publish(record('key', 'late'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
