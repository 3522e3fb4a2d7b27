// The servers of a cluster on this machine, for trying one: Kafka, an object store and PostgreSQL, on the loopback
// interface alone and without passwords worth the name.
//
//   npm run -s cluster -- up|down|status|env [--cache DIR] [--data DIR]
//
// `up` starts what does not run and prints the settings that lead there, for `eval`; the servers go on when it ends.
// `down` ends them and keeps their data. Programs are kept in DIR of --cache (PALIMPSEST_SERVERS, or
// ~/.cache/palimpsest-servers), data in DIR of --data (a folder below the system's temporary one).
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { endProcess, isRunning } from './servers/pids.mjs';
import { isFree } from './servers/ports.mjs';
import { missing, startKafka, startMinio, startPostgres, startSeaweed } from './servers/servers.mjs';

const usage = 'usage: npm run cluster -- up|down|status|env [--cache DIR] [--data DIR]';
const starters = { kafka: startKafka, minio: startMinio, seaweed: startSeaweed, postgres: startPostgres };
const settings = { kafka: 'BUS_URL', minio: 'STORE_URL', seaweed: 'STORE_URL', postgres: 'DATABASE_URL' };
const commands = { up, down, status, env };

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { cache: { type: 'string' }, data: { type: 'string' } },
  });
  const command = commands[positionals[0]];
  if (!command || positionals.length > 1) throw new Error(usage);
  await command({ cache: values.cache, data: ownFolder(path.resolve(values.data ?? defaultData())) });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function up({ cache, data }) {
  const recorded = read(data);
  const outcomes = await Promise.allSettled(
    wanted(cache, recorded).map((name) => startUnlessRunning(name, { cache, data })),
  );
  const failed = outcomes.filter(({ status }) => status === 'rejected');
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.message).join('\n'));
  env({ data });
}

async function startUnlessRunning(name, { cache, data }) {
  const before = read(data)[name];
  if (before && isRunning(before.pid, data)) return;
  console.error(`starting ${name} (the first time it is fetched, which takes up to a few minutes)`);
  const port = before && (await isFree(before.port)) ? { port: before.port } : {};
  const server = await starters[name]({
    ...(cache && { cache }),
    ...port,
    data: path.join(data, name),
    detached: true,
  });
  const { pid, url, version } = server;
  record(data, name, { pid, port: server.port, url, version, env: server.env });
  console.error(`${name} ${version} runs at ${url}`);
}

async function down({ data }) {
  const running = Object.entries(read(data)).filter(([, { pid }]) => isRunning(pid, data));
  await Promise.all(
    running.map(([name, { pid }]) => endProcess(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM')),
  );
  console.error(
    `stopped: ${running.map(([name]) => name).join(', ') || 'nothing ran'}; the data stay in ${data}`,
  );
}

function status({ data }) {
  const servers = Object.entries(read(data));
  for (const [name, { pid, url, version }] of servers) {
    console.log(
      `${name} ${version} ${url} ${isRunning(pid, data) ? `runs, process ${pid}` : 'does not run'}`,
    );
  }
  if (servers.length === 0) console.log(`no cluster was started in ${data}`);
  if (!allRun(data)) process.exitCode = 1;
}

function env({ data }) {
  if (!allRun(data))
    throw new Error(`the cluster in ${data} does not run; start it with: npm run cluster -- up`);
  for (const [name, server] of Object.entries(read(data))) {
    const lines = { [settings[name]]: server.url, ...server.env };
    for (const [key, value] of Object.entries(lines)) console.log(`export ${key}='${value}'`);
  }
}

/** The servers of a cluster; MinIO's place is taken by SeaweedFS where MinIO cannot be built. */
function wanted(cache, recorded) {
  const store =
    recorded.seaweed || (missing('minio', { cache }) && !missing('seaweed', { cache })) ? 'seaweed' : 'minio';
  const names = ['kafka', store, 'postgres'];
  const lacking = names.map((name) => [name, missing(name, { cache })]).filter(([, reason]) => reason);
  if (lacking.length > 0)
    throw new Error(lacking.map(([name, reason]) => `${name} cannot run here: ${reason}`).join('\n'));
  return names;
}

function allRun(data) {
  const servers = Object.values(read(data));
  return servers.length === 3 && servers.every(({ pid }) => isRunning(pid, data));
}

function defaultData() {
  return path.join(tmpdir(), `palimpsest-cluster-${userInfo().username}`);
}

/** The folder, made when it is not there; one that someone else made below a shared folder is not to be trusted. */
function ownFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { uid, mode } = statSync(folder);
  if (process.getuid && uid !== process.getuid())
    throw new Error(`${folder} belongs to another user; give --data DIR`);
  if (uid === 0) chmodSync(folder, mode | 0o001); // PostgreSQL runs as another user, whose folder is in it
  return folder;
}

function read(data) {
  try {
    return JSON.parse(readFileSync(recordFile(data), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Error(`${recordFile(data)} cannot be read: ${error.message}`);
  }
}

function record(data, name, server) {
  writeFileSync(recordFile(data), JSON.stringify({ ...read(data), [name]: server }, null, 2), {
    mode: 0o600,
  });
}

function recordFile(data) {
  return path.join(data, 'cluster.json');
}
