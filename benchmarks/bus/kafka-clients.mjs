/**
 * The bus over Kafka through each of its two libraries, beside a bare kafkajs loop that commits by itself.
 *
 *     node benchmarks/bus/kafka-clients.mjs [records] [version of Kafka]
 *
 * Starts a broker of its own, and each candidate in a process of its own. Prints, a line a candidate: records of 300
 * bytes published per second, all at once (a thousand a request) and one after the other; records handled per second; milliseconds from
 * publish to handler, median and 99 of 100; seconds until a second member gets its first record; seconds after the
 * broker answers again (it was killed by SIGKILL) until the next record is handled; and what a process costs that has
 * six idle subscriptions: per cent of a processor, megabytes. Needs `tsc -b`, java, and mvn for the first run.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { connectKafka } from '../../libs/platform/dist/bus/kafka/connect-kafka.js';
import { startKafka } from '../../test/distributed/servers/servers.mjs';

const candidates = ['bare kafkajs', 'kafkajs', 'platformatic'];
const value = Buffer.alloc(300, 'x');
const topics = [{ name: 'topic', partitions: 12, retentionMs: 3_600_000 }];

if (process.send)
  process.once('message', (order) => void measure(order).then((result) => process.send(result)));
else await compare(Number(process.argv[2] ?? 20_000), process.argv[3]);

async function compare(records, version) {
  const broker = await startKafka(version ? { version } : {});
  for (const candidate of candidates) {
    const child = fork(new URL(import.meta.url).pathname);
    child.send({ candidate, url: broker.url, records });
    const result = await new Promise((resolve) => {
      child.on('message', async (message) => {
        if (message !== 'kill') return resolve(message);
        await broker.kill();
        await broker.start();
        child.send('back');
      });
    });
    child.kill();
    console.log(JSON.stringify(result));
  }
  await broker.remove();
}

async function measure({ candidate, url, records }) {
  const open = candidate === 'bare kafkajs' ? bare : throughBus;
  const connect = await open(candidate, url);
  const bus = await connect();
  const result = { candidate };
  result.publishedPerSecond = await perSecond(records, () =>
    bus.publishAll(Array.from({ length: records }, (_, i) => `${i}`)),
  );
  result.publishedOneByOnePerSecond = await perSecond(500, async () => {
    for (let i = 0; i < 500; i++) await bus.publish(`${i}`, value);
  });
  const heard = { count: 0, waiting: () => undefined };
  const handle = () => {
    heard.count += 1;
    heard.waiting();
  };
  await bus.subscribe('group', handle);
  await until(() => heard.count > 0);
  const [first, started] = [heard.count, performance.now()];
  await until(() => heard.count >= records + 500);
  result.handledPerSecond = Math.round((records + 500 - first) / ((performance.now() - started) / 1000));
  Object.assign(result, await latency(bus, heard));
  result.secondsToShare = await sharing(connect, bus);
  result.secondsToBeBack = await returning(bus, heard);
  Object.assign(result, await idle(bus));
  return result;
}

async function perSecond(count, work) {
  const started = performance.now();
  await work();
  return Math.round(count / ((performance.now() - started) / 1000));
}

async function latency(bus, heard) {
  const milliseconds = [];
  for (let i = 0; i < 300; i++) {
    const started = performance.now();
    const handled = new Promise((resolve) => (heard.waiting = resolve));
    await bus.publish(`${i}`, value);
    await handled;
    milliseconds.push(performance.now() - started);
    await sleep(5);
  }
  milliseconds.sort((a, b) => a - b);
  const at = (share) => Number(milliseconds[Math.floor(share * milliseconds.length)].toFixed(1));
  return { millisecondsToHandler: at(0.5), millisecondsToHandler99: at(0.99) };
}

/** While records keep coming: from the start of the second member to its first record. */
async function sharing(connect, bus) {
  let [publishing, seen] = [true, false];
  const work = (async () => {
    for (let i = 0; publishing; i++) {
      await bus.publish(`${i}`, value);
      await sleep(2);
    }
  })();
  const second = await connect();
  const started = performance.now();
  await second.subscribe('group', () => (seen = true));
  await until(() => seen);
  const seconds = (performance.now() - started) / 1000;
  publishing = false;
  await work;
  await second.close();
  return Number(seconds.toFixed(2));
}

async function returning(bus, heard) {
  await sleep(1500);
  const back = new Promise((resolve) => process.once('message', resolve));
  process.send('kill');
  await back;
  const started = performance.now();
  const handled = new Promise((resolve) => (heard.waiting = resolve));
  while (
    !(await bus.publish('key', value).then(
      () => true,
      () => false,
    ))
  );
  await handled;
  return Number(((performance.now() - started) / 1000).toFixed(2));
}

async function idle(bus) {
  for (let i = 0; i < 5; i++) await bus.subscribe(`idle-${i}`, () => undefined);
  await sleep(3000);
  const [before, started] = [process.cpuUsage(), performance.now()];
  await sleep(10_000);
  const { user, system } = process.cpuUsage(before);
  const busy = (user + system) / 1000 / (performance.now() - started);
  return {
    idleProcessorPercent: Number((100 * busy).toFixed(1)),
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1024 ** 2),
  };
}

async function until(holds) {
  while (!holds()) await sleep(2);
}

/** Our driver. */
function throughBus(client, url) {
  const BUS_URL = `${url}?client=${client}&prefix=${randomUUID().slice(0, 8)}-`;
  const log = pino({ level: 'silent' });
  return async () => {
    const bus = await connectKafka({ BUS_URL }, { log, topics });
    return {
      publish: (key, value) => bus.publish({ topic: 'topic', key, value }),
      publishAll: (keys) => Promise.all(keys.map((key) => bus.publish({ topic: 'topic', key, value }))),
      subscribe: (group, handle) => bus.subscribe(['topic'], group, async () => void handle()),
      close: () => bus.close(),
    };
  };
}

/** What one would write with kafkajs alone: batches by hand, automatic commits, restarts by itself. */
async function bare(_, url) {
  const kafka = new kafkajs.Kafka({
    brokers: [url.slice('kafka://'.length)],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1000 },
  });
  const topic = `${randomUUID()}-topic`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 12 }] });
  await admin.disconnect();
  return async () => {
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const consumers = [];
    return {
      publish: (key, value) => producer.send({ topic, messages: [{ key, value }] }),
      publishAll: async (keys) => {
        for (let i = 0; i < keys.length; i += 1000)
          await producer.send({ topic, messages: keys.slice(i, i + 1000).map((key) => ({ key, value })) });
      },
      subscribe: async (groupId, handle) => {
        const consumer = kafka.consumer({
          groupId: `${topic}-${groupId}`,
          sessionTimeout: 10_000,
          maxWaitTimeInMs: 250,
        });
        consumers.push(consumer);
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({ autoCommitInterval: 250, eachMessage: async () => void handle() });
      },
      close: async () => {
        await Promise.all(consumers.map((consumer) => consumer.disconnect()));
        await producer.disconnect();
      },
    };
  };
}
