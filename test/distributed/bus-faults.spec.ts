import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBus, loadConfig, type Bus } from '@palimpsest/platform';
import { eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BusDriver, BusRecord } from '../../libs/platform/src/bus/bus.js';
import { missing, startKafka, type Server } from './servers/servers.mjs';
import { corner, kafkaClients } from './support/kafka-bus.js';

const reason = missing('kafka');
/** Of a broker that has its data, on a machine with nothing else to do. */
const USUAL_START_MS = 3500;
const member = new URL('support/bus-member.mjs', import.meta.url).pathname;
const record = (text: string): BusRecord => ({ topic: 'topic', key: text, value: Buffer.from(text) });

/** Hears everything, and keeps when. */
function listener() {
  const heard = new Map<string, number>();
  const handle = ({ value }: BusRecord) => {
    heard.set(Buffer.from(value).toString(), Date.now());
    return Promise.resolve();
  };
  return { heard, handle };
}

/** Publishes one record after the other until stopped; knows which were acknowledged. */
function publisher(bus: BusDriver) {
  const acknowledged: string[] = [];
  let stopped = false;
  const publish = async () => {
    for (let i = 0; !stopped; i++) {
      await bus.publish(record(`${i}`)).then(
        () => acknowledged.push(`${i}`),
        () => undefined,
      );
      await sleep(2);
    }
  };
  const work = publish();
  const stop = () => {
    stopped = true;
    return work;
  };
  return { acknowledged, stop };
}

describe.skipIf(reason).each(kafkaClients)(
  `a bus over Kafka, through %s (${reason ?? 'real broker'})`,
  (_, options) => {
    let kafka: Server;
    beforeAll(async () => {
      kafka = await startKafka();
      return () => kafka.remove();
    });

    it('loses nothing that was acknowledged when the broker is killed, and is back within seconds', async () => {
      const lines: { level: number }[] = [];
      const log = pino(
        { level: 'info' },
        { write: (line) => void lines.push(JSON.parse(line) as { level: number }) },
      );
      const broker = corner(kafka.url, options, log);
      const [sender, a, b] = [await broker.connect(), await broker.connect(), await broker.connect()];
      const [group, everyone] = [listener(), listener()];
      await a.subscribe(['topic'], 'group', group.handle);
      await b.subscribe(['topic'], 'group', group.handle);
      await b.subscribe(['topic'], null, everyone.handle);
      const { acknowledged, stop } = publisher(sender);
      await eventually('a good many are heard', () => group.heard.size > 100, 10_000);
      for (let kill = 0; kill < 2; kill++) {
        await kafka.kill();
        const starting = Date.now();
        await kafka.start();
        const back = Date.now();
        // Who joins anew waits until the broker has missed who it was, 6 s, and then for the broker's own work, which is
        // as slow as its start.
        const allowed = 12_000 + 2 * Math.max(0, back - starting - USUAL_START_MS);
        const before = [group.heard.size, everyone.heard.size] as const;
        await eventually('the group hears again', () => group.heard.size > before[0] + 10, allowed + 3000);
        await eventually('everyone hears again', () => everyone.heard.size > before[1] + 10, allowed + 3000);
        expect(Date.now() - back).toBeLessThan(allowed);
        await sleep(500);
      }
      await stop();
      const missed = ({ heard }: typeof group) => acknowledged.filter((text) => !heard.has(text));
      await eventually('all heard', () => missed(group).length + missed(everyone).length === 0, 20_000);
      expect(acknowledged.length).toBeGreaterThan(200);
      // Each subscription says once that it lost the broker and once that it is back.
      expect(lines.length).toBeLessThan(30);
      await Promise.all([sender, a, b].map((bus) => bus.close()));
    });

    it('goes on after the broker was away for a minute: sent meanwhile is told as unavailable, and comes back by itself', async () => {
      const bus = await corner(kafka.url, options).connect();
      const { heard, handle } = listener();
      await bus.subscribe(['topic'], 'group', handle);
      await bus.publish(record('before'));
      await eventually('heard', () => heard.has('before'), 10_000);
      await kafka.kill();
      const begin = Date.now();
      await expect(bus.publish(record('meanwhile'))).rejects.toMatchObject({ code: 'unavailable' });
      expect(Date.now() - begin).toBeGreaterThan(25_000);
      expect(Date.now() - begin).toBeLessThan(40_000);
      await expect(bus.ping()).rejects.toMatchObject({ code: 'unavailable' });
      await sleep(60_000 - (Date.now() - begin));
      await kafka.start();
      await bus.publish(record('after'));
      await eventually('heard again', () => heard.has('after'), 10_000);
      await bus.ping();
      await bus.close();
    }, 240_000);

    it('shares the work of a group with a second process within seconds, and takes it over when that is killed', async () => {
      const settings = {
        BUS_URL: `${kafka.url}?${options}&session=6&prefix=${randomUUID().slice(0, 8)}-`,
        LOG_LEVEL: 'silent',
      };
      const bus: Bus = await createBus(loadConfig(settings));
      const heard = new Set<string>();
      await bus.subscribe(['task.progressed'], 'group', ({ message }) => {
        heard.add(message.taskId);
        return Promise.resolve();
      });
      let stopped = false;
      const publish = async () => {
        for (let i = 0; !stopped; i++) {
          await bus.publish('task.progressed', { taskId: `${i}`, attempt: 1, done: 0 });
          await sleep(5);
        }
        return bus;
      };
      const publishing = publish();
      publishing.catch(() => undefined);
      const other = startMember(settings);
      try {
        await eventually('it joined', () => other.said.includes('joined'), 20_000);
        const joined = Date.now();
        await eventually('it shares', () => other.said.length > 10, 15_000);
        await eventually('so do we', () => heard.size > 10, 15_000);
        // One whom the group waits for in vain costs it 15 s.
        expect(Date.now() - joined).toBeLessThan(10_000);
        other.child.kill('SIGKILL');
        const killed = Date.now();
        const before = heard.size;
        await sleep(7000);
        const from = Math.max(...[...heard].map(Number));
        await eventually('all that comes is ours', () => consecutive(heard, from + 50, 100), 13_000);
        expect(heard.size).toBeGreaterThan(before);
        expect(Date.now() - killed).toBeLessThan(20_000);
      } finally {
        stopped = true;
        other.child.kill('SIGKILL');
      }
      await (await publishing).close();
    });
  },
);

/** Whether so many numbers from one on were all heard. */
const consecutive = (heard: Set<string>, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${from + i}`).every((text) => heard.has(text));

function startMember(settings: Record<string, string>): { child: ChildProcess; said: string[] } {
  const child = spawn(process.execPath, [member, 'group'], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  return { child, said };
}
