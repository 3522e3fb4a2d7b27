import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@palimpsest/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { BusDriver, BusRecord } from './bus.js';

/** A broker that holds nothing yet, but has the topics `topic`, `one`, `two` and `three`. */
export interface Broker {
  /** A connection of its own, as another process would have; closed at the end of the test. */
  connect(): Promise<BusDriver>;
}

/** How patient to be with the broker. */
export interface Patience {
  /** Within this everything is heard that was published, by whoever is there. */
  withinMs?: number;
  /** Longer than a member of a group may be silent. */
  longMs?: number;
  /** Within this the others of a group have what one left that closed. */
  takeOverMs?: number;
  /** Within this nothing comes that is not going to. */
  quietMs?: number;
}

const record = (key: string, text: string, topic = 'topic'): BusRecord => ({
  topic,
  key,
  value: new TextEncoder().encode(text),
});
const textOf = ({ value }: BusRecord) => new TextDecoder().decode(value);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

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

/** What every driver of a bus must do. */
export function describeBusDriver(name: string, start: () => Promise<Broker>, patience: Patience = {}): void {
  const { withinMs = 5000, longMs = 50, takeOverMs = 3000, quietMs = 30 } = patience;
  const connected: BusDriver[] = [];
  let broker: Broker;

  async function another(): Promise<BusDriver> {
    const bus = await broker.connect();
    connected.push(bus);
    return bus;
  }
  async function open(): Promise<BusDriver> {
    broker = await start();
    return another();
  }
  const soon = (what: string, holds: () => unknown) => eventually(what, holds, withinMs);
  const publishAll = async (bus: BusDriver, texts: string[], key = (text: string) => text) => {
    for (const text of texts) await bus.publish(record(key(text), text));
  };

  describe(`${name} is a bus driver that`, () => {
    afterEach(async () => {
      await Promise.all(connected.splice(0).map((bus) => bus.close()));
    });

    it('gives each record to every group, and in a group to one', async () => {
      const bus = await open();
      const [a, b, other] = [listener(), listener(), listener()];
      await bus.subscribe(['topic'], 'group', a.handle);
      await (await another()).subscribe(['topic'], 'group', b.handle);
      await bus.subscribe(['topic'], 'other', other.handle);
      const sent = numbers(20);
      await publishAll(bus, sent);
      await soon('all heard', () => a.heard.length + b.heard.length >= 20 && other.heard.length >= 20);
      expect([...a.heard, ...b.heard].sort()).toEqual([...sent].sort());
      expect(other.heard.sort()).toEqual([...sent].sort());
    });

    it('hears only the topics that were asked for', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      await bus.subscribe(['one', 'two'], 'group', handle);
      for (const topic of ['one', 'three', 'two']) await bus.publish(record('key', topic, topic));
      await soon('both heard', () => heard.length === 2);
      expect(heard.sort()).toEqual(['one', 'two']);
    });

    it('tells the topic and the key of each record', async () => {
      const bus = await open();
      const heard: BusRecord[] = [];
      await bus.subscribe(['one', 'two'], 'group', (each) => {
        heard.push({ ...each, value: Uint8Array.from(each.value) });
        return Promise.resolve();
      });
      await bus.publish(record('Schlüssel', 'text', 'two'));
      await bus.publish(record('', 'no key', 'two'));
      await soon('both heard', () => heard.length === 2);
      expect(heard).toContainEqual(record('Schlüssel', 'text', 'two'));
      expect(heard).toContainEqual(record('', 'no key', 'two'));
    });

    it('keeps the order of each key, however many take part', async () => {
      const bus = await open();
      const heard: string[] = [];
      const handle = async (each: BusRecord) => {
        await sleep(Number(textOf(each)) % 3);
        heard.push(`${each.key}${textOf(each)}`);
      };
      for (let i = 0; i < 3; i++) await bus.subscribe(['topic'], 'group', handle);
      for (const text of numbers(8)) for (const key of ['a', 'b']) await bus.publish(record(key, text));
      await soon('all heard', () => heard.length === 16);
      for (const key of ['a', 'b'])
        expect(heard.filter((each) => each.startsWith(key))).toEqual(numbers(8).map((i) => `${key}${i}`));
    });

    it('keeps the order of records that nobody waited for, and of a key', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      await bus.subscribe(['topic'], 'group', handle);
      await Promise.all(numbers(500).map((text) => bus.publish(record('key', text))));
      await soon('all heard', () => heard.length >= 500);
      expect(heard).toEqual(numbers(500));
    });

    it('delivers to a subscriber one record at a time', async () => {
      const bus = await open();
      let [atOnce, most, handled] = [0, 0, 0];
      await bus.subscribe(['topic', 'one'], 'group', async () => {
        most = Math.max(most, ++atOnce);
        await sleep(5);
        atOnce -= 1;
        handled += 1;
      });
      for (const text of numbers(12))
        await bus.publish(record(text, text, Number(text) % 2 === 0 ? 'topic' : 'one'));
      await soon('all handled', () => handled === 12);
      expect(most).toBe(1);
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
      const published = bus.publish(sent);
      sent.value.fill(0);
      await published;
      await soon('both heard', () => heard.length === 2);
      expect(heard).toEqual(['text', 'text']);
    });

    it('never runs a handler inside of publish', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      await bus.subscribe(['topic'], 'group', handle);
      const published = bus.publish(record('key', 'text'));
      expect(heard).toEqual([]);
      await published;
      await soon('heard', () => heard.length === 1);
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
      await soon('all heard', () => heard.length === 4);
      expect(heard).toEqual(['first', 'first', 'first', 'second']);
    });

    it('carries records of 900 KB, several at once', async () => {
      const bus = await open();
      const heard: number[] = [];
      await bus.subscribe(['topic'], 'group', ({ value }) => {
        heard.push(value.length + (value[value.length - 1] ?? 0));
        return Promise.resolve();
      });
      const value = (last: number) => new Uint8Array(900_000).fill(last, 899_999);
      await Promise.all(
        [1, 2, 3].map((last) => bus.publish({ topic: 'topic', key: 'k', value: value(last) })),
      );
      await soon('all heard', () => heard.length === 3);
      expect(heard).toEqual([900_001, 900_002, 900_003]);
    });

    it('takes nothing while paused, and everything when resumed', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      const subscription = await bus.subscribe(['topic'], 'group', async (each) => {
        subscription.pause();
        await handle(each);
      });
      await publishAll(bus, ['1', '2', '3']);
      await soon('one heard', () => heard.length === 1);
      await sleep(quietMs);
      expect(heard).toHaveLength(1);
      subscription.resume();
      await soon('the next heard', () => heard.length === 2);
    });

    it('goes on at once when resumed, however often', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      const times: number[] = [];
      const subscription = await bus.subscribe(['topic'], 'group', async (each) => {
        times.push(performance.now());
        subscription.pause();
        setTimeout(() => subscription.resume(), 2);
        await handle(each);
      });
      await Promise.all(numbers(40).map((text) => bus.publish(record('key', text))));
      await soon('all heard', () => heard.length === 40);
      expect(heard).toEqual(numbers(40));
      // Who waits once for each record, 250 ms, does so in the median too; a broker that pauses once does not count.
      const gaps = times.slice(1).map((time, i) => time - times[i]!);
      expect(gaps.sort((a, b) => a - b)[gaps.length >> 1]).toBeLessThan(1500 / 40);
    });

    it('leaves what a paused member holds to the others when the group changes', async () => {
      const bus = await open();
      const [paused, other] = [listener(), listener()];
      const subscription = await bus.subscribe(['topic'], 'group', paused.handle);
      subscription.pause();
      await publishAll(bus, numbers(40));
      await sleep(quietMs);
      await (await another()).subscribe(['topic'], 'group', other.handle);
      await soon('the other has some', () => other.heard.length > 0);
      await sleep(quietMs);
      expect(paused.heard).toEqual([]);
      subscription.resume();
      await soon('all heard', () => new Set([...paused.heard, ...other.heard]).size === 40);
    });

    it('stays paused when others come and go', async () => {
      const bus = await open();
      const [paused, other] = [listener(), listener()];
      const subscription = await bus.subscribe(['topic'], 'group', paused.handle);
      subscription.pause();
      const visitor = await (await another()).subscribe(['topic'], 'group', other.handle);
      await visitor.close();
      await publishAll(bus, numbers(10));
      await sleep(quietMs);
      expect(paused.heard).toEqual([]);
      subscription.resume();
      await soon('all heard', () => new Set([...paused.heard, ...other.heard]).size === 10);
    });

    it('waits for a handler that takes long, and delivers nothing twice for it', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      let begun = 0;
      await bus.subscribe(['topic'], 'group', async (each) => {
        begun += 1;
        if (textOf(each) === 'slow') await sleep(longMs);
        await handle(each);
      });
      await bus.publish(record('key', 'slow'));
      await bus.publish(record('key', 'after'));
      await eventually('both heard', () => heard.length === 2, longMs + withinMs);
      await sleep(quietMs);
      expect([heard, begun]).toEqual([['slow', 'after'], 2]);
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
      await soon('begun', () => begun);
      const closed = subscription.close();
      const joined = bus.subscribe(['topic'], 'group', next.handle);
      finish();
      await closed;
      await joined;
      expect(slow.heard).toEqual(['in hand']);
      await soon('the other took over', () => next.heard.length === 1);
      expect(next.heard).toEqual(['waiting']);
    });

    it('lets the others of a group take over what a closed one left, within seconds', async () => {
      const bus = await open();
      const [a, b] = [listener(), listener()];
      const leaving = await (await another()).subscribe(['topic'], 'group', a.handle);
      await bus.subscribe(['topic'], 'group', b.handle);
      await publishAll(bus, numbers(20));
      await soon('all heard', () => a.heard.length + b.heard.length >= 20);
      await leaving.close();
      const before = b.heard.length;
      await publishAll(bus, numbers(20));
      const published = performance.now();
      await soon('the other took all', () => b.heard.length >= before + 20);
      expect(performance.now() - published).toBeLessThan(takeOverMs);
    });

    it('keeps the records of a topic for the first group that comes', async () => {
      const bus = await open();
      const { heard, handle } = listener();
      await bus.publish(record('key', 'early'));
      await bus.subscribe(['topic'], 'group', handle);
      await soon('heard', () => heard.length === 1);
    });

    it('does not deliver again what a group handled before its members left', async () => {
      const bus = await open();
      const [before, after] = [listener(), listener()];
      const first = await bus.subscribe(['topic'], 'group', before.handle);
      await publishAll(bus, numbers(5));
      await soon('heard', () => before.heard.length === 5);
      await first.close();
      await bus.publish(record('key', 'meanwhile'));
      await bus.subscribe(['topic'], 'group', after.handle);
      await soon('the rest heard', () => after.heard.length > 0);
      await sleep(quietMs);
      expect(after.heard).toEqual(['meanwhile']);
    });

    it('lets everyone without a group hear all that is published from then on, and nothing older', async () => {
      const bus = await open();
      const named = listener();
      await bus.subscribe(['topic'], 'group', named.handle);
      await publishAll(bus, ['older', 'old']);
      await soon('the group heard', () => named.heard.length === 2);
      const everyone = [listener(), listener(), listener()];
      for (const { handle } of everyone) await (await another()).subscribe(['topic'], null, handle);
      await publishAll(bus, numbers(20));
      await soon('all heard all', () => everyone.every(({ heard }) => heard.length >= 20));
      await sleep(quietMs);
      for (const { heard } of everyone) expect(heard.sort()).toEqual(numbers(20).sort());
    });

    it('keeps nothing for one without a group that is gone', async () => {
      const bus = await open();
      const [gone, here, named] = [listener(), listener(), listener()];
      const subscription = await bus.subscribe(['topic'], null, gone.handle);
      await bus.publish(record('key', 'before'));
      await soon('heard', () => gone.heard.length === 1);
      await subscription.close();
      await bus.publish(record('key', 'after'));
      await bus.subscribe(['topic'], null, here.handle);
      await bus.subscribe(['topic'], 'group', named.handle);
      await soon('a group has both', () => named.heard.length === 2);
      expect([gone.heard, here.heard]).toEqual([['before'], []]);
      expect((await bus.lag()).map(({ group }) => group)).toEqual(['group']);
    });

    it('tells how many records a group has not handled, those in hand among them', async () => {
      const bus = await open();
      const { open: finish, opened } = gate();
      let [begun, handled] = [0, 0];
      await bus.subscribe(['topic', 'one'], 'group', async () => {
        begun += 1;
        await opened;
        handled += 1;
      });
      await publishAll(bus, ['1', '2', '3']);
      await bus.publish(record('key', 'x', 'one'));
      const lag = async () => {
        const found = await bus.lag();
        expect(found.every(({ group }) => group === 'group')).toBe(true);
        return Object.fromEntries(found.map(({ topic, records }) => [topic, records]));
      };
      await soon('begun', () => begun === 1);
      expect(await lag()).toEqual({ topic: 3, one: 1 });
      finish();
      await soon('all handled', () => handled === 4);
      await soon('no lag', async () => (await bus.lag()).every(({ records }) => records === 0));
    });

    it('answers a ping until it is closed', async () => {
      const bus = await open();
      await bus.ping();
      await bus.close();
      await expect(bus.ping()).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('refuses to publish and to subscribe once closed', async () => {
      const bus = await open();
      await bus.close();
      await expect(bus.publish(record('key', 'late'))).rejects.toMatchObject({ code: 'unavailable' });
      await expect(bus.subscribe(['topic'], 'g', () => Promise.resolve())).rejects.toMatchObject({
        code: 'unavailable',
      });
    });
  });
}
