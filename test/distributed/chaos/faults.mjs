// What can go wrong, each as a function that does it and mends it.
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { serviceNames } from './deployment.mjs';

const pick = (list, random) => list[Math.floor(random() * list.length)];

/** A server is killed and comes back after a while. */
export async function killServer(deployment, name, awayMs) {
  const server = deployment.servers[name];
  await server.kill();
  await sleep(awayMs);
  await server.start();
}

/** A checkpoint, a chunk of activations, or whatever lies under a prefix, is altered in the object store. */
export async function alterObject(deployment, prefix, random) {
  const keys = [];
  for await (const key of deployment.store.list(prefix)) keys.push(key);
  if (keys.length === 0) return undefined;
  const key = pick(keys.sort(), random);
  const bytes = (await deployment.store.readRecord(key)) ?? new Uint8Array();
  const altered =
    random() < 0.5 ? bytes.slice(0, bytes.length >> 1) : Uint8Array.from(bytes, (byte) => byte ^ 1);
  await deployment.store.writeRecord(key, altered);
  return key;
}

/** Bytes that no program of ours would send. */
export const poisons = (topic) => [
  { key: 'poison', value: 'no JSON at all' },
  { key: null, value: Buffer.from([0xff, 0x00, 0xfe]) },
  { key: Buffer.from([0xff, 0x00]), value: null },
  { key: 'poison', value: '{"specversion":"1.0"}' },
  {
    key: 'poison',
    value: JSON.stringify({
      specversion: '1.0',
      id: 'x',
      source: 'x',
      schemaversion: 99,
      type: `palimpsest.${topic}`,
      data: { taskId: 7 },
    }),
  },
  { key: 'x'.repeat(5000), value: `{"padding":"${'x'.repeat(500_000)}"}` },
  { key: 'poison', value: '['.repeat(100_000) },
];

/** Opens the broker as somebody would who has nothing to do with the program. */
export async function stranger(deployment) {
  const brokers = [deployment.servers.kafka.url.slice('kafka://'.length).split('?')[0]];
  const kafka = new kafkajs.Kafka({ brokers, clientId: 'stranger', logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  return { kafka, producer, close: () => producer.disconnect() };
}

/** Every message that a topic holds by now and that was sent since a time, in milliseconds. */
export async function messagesOf({ kafka }, topic, sinceMs) {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const total = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  if (total === 0) return [];
  let seen = 0;
  const consumer = kafka.consumer({ groupId: `stranger-${Math.random()}`, maxWaitTimeInMs: 250 });
  const heard = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const eachMessage = async ({ message: { key, value, timestamp } }) => {
      if (Number(timestamp) >= sinceMs) heard.push({ key, value });
      if (++seen === total) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return heard;
}

/** What a mixture is made of: `[what, how often it is drawn, do it]`. */
const kinds = [
  [
    'kill a service',
    6,
    async (deployment, random) => {
      const name = pick(deployment.names, random);
      deployment.signal(name);
      return name;
    },
  ],
  [
    'restart a service in order',
    2,
    async (deployment, random) => {
      const name = pick(serviceNames, random);
      await deployment.restart(name);
      return name;
    },
  ],
  ['kill the broker', 1, (deployment, random) => killServer(deployment, 'kafka', 4000 * random())],
  ['kill the database', 1, (deployment, random) => killServer(deployment, 'postgres', 4000 * random())],
  ['kill the object store', 1, (deployment, random) => killServer(deployment, 'minio', 4000 * random())],
  [
    'alter an object',
    1,
    (deployment, random) =>
      alterObject(deployment, pick(['checkpoints/', 'activations/', 'pixels/'], random), random),
  ],
  [
    'send poison',
    1,
    async (deployment, random) => {
      const strange = await stranger(deployment);
      const topic = pick(
        ['train.requested', 'compare.requested', 'task.finished', 'task.progressed', 'task.cancelled'],
        random,
      );
      await strange.producer.send({ topic, messages: [pick(poisons(topic), random)] });
      await strange.close();
      return topic;
    },
  ],
];

/** Draws the next fault of a mixture. */
export function drawFault(random) {
  const sum = kinds.reduce((total, [, weight]) => total + weight, 0);
  let at = random() * sum;
  const [what, , act] = kinds.find(([, weight]) => (at -= weight) < 0) ?? kinds[0];
  return { what, act };
}
