import { text } from 'node:stream/consumers';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'minio';
import pg from 'pg';
import { bucket } from './buckets.mjs';

/** Writes a mark into a server, acknowledged by it. */
export const leaveMark = (server, mark) => clients[server.name].leave(server, mark);

/** The mark that was left in a server. */
export const findMark = (server) => clients[server.name].find(server);

const objects = { leave: putObject, find: getObject };

const clients = {
  kafka: { leave: produce, find: consume },
  minio: objects,
  seaweed: objects,
  postgres: { leave: insert, find: select },
};

const kafka = ({ port }) => new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });

async function produce(server, mark) {
  const admin = kafka(server).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'marks', numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka(server).producer();
  await producer.connect();
  await producer.send({ topic: 'marks', acks: -1, messages: [{ value: mark }] });
  await producer.disconnect();
}

async function consume(server) {
  const consumer = kafka(server).consumer({ groupId: `marks-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'marks', fromBeginning: true });
  const found = await new Promise((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => resolve(message.value.toString()) }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

function s3({ port, env }) {
  const credentials = { accessKey: env.S3_ACCESS_KEY, secretKey: env.S3_SECRET_KEY };
  return new Client({ endPoint: '127.0.0.1', port, useSSL: false, ...credentials });
}

async function putObject(server, mark) {
  await s3(server).putObject(bucket, 'mark', mark);
}

async function getObject(server) {
  return text(await s3(server).getObject(bucket, 'mark'));
}

async function insert(server, mark) {
  await query(server, 'create table marks (mark text)');
  await query(server, 'insert into marks values ($1)', [mark]);
}

async function select(server) {
  const { rows } = await query(server, 'select mark from marks');
  return rows[0].mark;
}

async function query(server, sql, values) {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return await client.query(sql, values);
  } finally {
    await client.end();
  }
}
