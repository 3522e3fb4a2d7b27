// Apache Kafka, one node that is broker and controller (KRaft). Apache License 2.0.
// Taken from Maven Central: org.apache.kafka:kafka_2.13, 4.3.1 unless another version is asked for; 44 MB.
// Needs java (17 or newer) to run, mvn to be fetched, and openssl with `secure`.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cached, cacheFolder, fetched } from './cache.mjs';
import { makeCertificates } from './certificates.mjs';
import { has, run } from './commands.mjs';
import { freePort } from './ports.mjs';
import { dataFolder, serve } from './server.mjs';

const user = { name: 'palimpsest', password: 'palimpsest-secret' };
const offsets = { controller: 1, sasl: 2, mtls: 3 };
const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Xms128m', '-Xmx512m'];

/** Why this machine cannot run Kafka, in words. */
export function kafkaMissing(options = {}) {
  if (!has('java', '-version')) return 'no java';
  if (options.secure && !has('openssl', 'version')) return 'no openssl';
  if (!cached(cacheFolder(options), entry(options)) && !has('mvn')) return 'no mvn to fetch it with';
  return undefined;
}

/** The folder of Kafka's programs, fetched when it is not in the cache. */
export function fetchKafka(options = {}) {
  return fetched(cacheFolder(options), entry(options), (folder) => fetch(version(options), folder));
}

/** Starts a broker; with `secure`, `listeners` has the ways in: plaintext, SASL/SCRAM over TLS, and mutual TLS. */
export async function startKafka(options = {}) {
  const jars = await fetchKafka(options);
  const data = await dataFolder('kafka', options);
  const port = options.port ?? (await freePort(Object.values(offsets)));
  const java = (main, ...args) => [
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    `${jars}/*`,
    main,
    ...args,
  ];
  const certificates = options.secure && (await makeCertificates(path.join(data, 'certificates')));
  const properties = path.join(data, 'server.properties');
  await writeFile(
    properties,
    lines({ ...settings(data, port), ...(options.secure && secured(port, certificates)) }),
  );
  if (!existsSync(path.join(data, 'log', 'meta.properties')))
    await run('java', [...jvm, ...java(...format(properties))]);
  return serve({
    name: 'kafka',
    version: version(options),
    port,
    url: url(port),
    env: {},
    listeners: options.secure && listeners(port, certificates),
    data,
    options,
    command: () => ({ program: 'java', args: [...jvm, ...java('kafka.Kafka', properties)] }),
    ready: () => answers(`127.0.0.1:${port}`),
    startMs: 180_000,
  });
}

const version = (options) => options.version ?? '4.3.1';
const entry = (options) => `kafka-${version(options)}`;
const url = (port) => `kafka://127.0.0.1:${port}`;
const lines = (properties) =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

async function fetch(wanted, folder) {
  const pom = path.join(folder, 'pom.xml');
  await writeFile(pom, projectObjectModel(wanted));
  await run('mvn', [
    '-q',
    '-B',
    '-f',
    pom,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${folder}`,
  ]);
}

const dependency = (group, artifact, wanted) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${wanted}</version></dependency>`;

const projectObjectModel = (wanted) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>palimpsest</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', wanted)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;

/** What makes a broker quick to start, to notice that it was killed, and to let the first consumer in. */
const settings = (data, port) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${port + offsets.controller}`,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + offsets.controller}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'log.dirs': path.join(data, 'log'),
  'num.partitions': 3,
  'auto.create.topics.enable': false,
  'broker.session.timeout.ms': 1500,
  'broker.heartbeat.interval.ms': 300,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  'offsets.topic.num.partitions': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
});

/** The two listeners more of a secure broker. */
function secured(port, { ca, server }) {
  const ways = { PLAINTEXT: port, SASL: port + offsets.sasl, MTLS: port + offsets.mtls };
  const advertised = Object.entries(ways).map(([name, at]) => `${name}://127.0.0.1:${at}`);
  return {
    listeners: [...advertised, `CONTROLLER://127.0.0.1:${port + offsets.controller}`].join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.sasl.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.mtls.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': server.chain,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca,
  };
}

const listeners = (port, { ca, client }) => ({
  plaintext: { url: url(port), env: {} },
  sasl: {
    url: url(port + offsets.sasl),
    env: { KAFKA_USERNAME: user.name, KAFKA_PASSWORD: user.password, KAFKA_CA_FILE: ca },
  },
  mtls: {
    url: url(port + offsets.mtls),
    env: { KAFKA_CA_FILE: ca, KAFKA_CERT_FILE: client.cert, KAFKA_KEY_FILE: client.key },
  },
});

function format(properties) {
  const id = randomBytes(15).toString('hex').slice(0, 22);
  const scram = `SCRAM-SHA-512=[name=${user.name},password=${user.password}]`;
  return ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, '--add-scram', scram];
}

/** An open port is not enough: the controller lists a broker only once it may lead partitions. */
async function answers(broker) {
  const admin = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error('the broker is not registered yet');
  } finally {
    await admin.disconnect();
  }
}
