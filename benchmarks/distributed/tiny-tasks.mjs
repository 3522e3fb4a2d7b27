/**
 * What the services add to tasks that do almost nothing: a whole study of them over Kafka, MinIO and PostgreSQL with 1, 2
 * and 4 workers, beside the same tasks run by a bare loop, two at a time, over the same object store.
 *
 *     node benchmarks/distributed/tiny-tasks.mjs [targets]
 *
 * A target is some 1,900 tasks. Prints a line a run: tasks per second, milliseconds a task beyond the bare loop, and
 * milliseconds from submission until the first task is being worked on. Needs `tsc -b` and what the servers need.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, runTask } from '@palimpsest/platform';
import pg from 'pg';
import { fakeTasks } from '../../services/api/dist/fake-tasks.fixture.js';
import { until } from '../../test/distributed/chaos/deployment.mjs';
import { freePort } from '../../test/distributed/servers/ports.mjs';
import { startKafka, startMinio, startPostgres } from '../../test/distributed/servers/servers.mjs';

const targets = Number(process.argv[2] ?? 1);
const at = (file) => path.resolve(import.meta.dirname, file);
const names = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const yaml = `name: tiny-tasks
targets: { ${names('t', targets).map((name) => `${name}: { layout: busi, path: ${name}, split: { folds: 20 } }`)} }
sources: { random: { random: true }, ${names('s', 6).map((name) => `${name}: { weights: ${name}.safetensors }`)} }
`;

const servers = await Promise.all([startKafka(), startMinio(), startPostgres()]);
const [kafka, minio, postgres] = servers;
const env = {
  ...{ BUS_URL: kafka.url, STORE_URL: minio.url, DATABASE_URL: postgres.url, JOBS_URL: 'inline:' },
  ...{ ...kafka.env, ...minio.env, ...postgres.env, LOG_LEVEL: 'error', CONCURRENCY: '2' },
};
const database = new pg.Pool({ connectionString: env.DATABASE_URL });
const runs = [];
for (const workers of [1, 2, 4]) runs.push({ workers, ...(await distributed(workers)) });
const bare = await alone();
for (const { workers, tasks, seconds, firstMs } of runs) {
  const added = 1000 * (seconds / tasks - bare.seconds / bare.tasks);
  const rate = (tasks / seconds).toFixed(0);
  console.log(
    `${workers} workers: ${tasks} tasks, ${rate} a second, ${added.toFixed(1)} ms a task beyond the bare loop, ` +
      `the first after ${firstMs.toFixed(0)} ms`,
  );
}
console.log(`bare loop: ${(bare.tasks / bare.seconds).toFixed(0)} a second`);
await database.end();
await Promise.all(servers.map((server) => server.remove()));

/** A part of the bucket that nobody has used yet. */
function freshStore(name) {
  return env.STORE_URL.replace('?', `/${name}?`);
}

/** Starts a program of ours and waits until it is ready. */
async function start(STORE_URL, ...args) {
  const port = await freePort();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, STORE_URL, HTTP_PORT: `${port}` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await until('it is ready', 60, async () => (await fetch(`${url}/readyz`)).ok);
  return { child, url };
}

async function stop({ child }) {
  child.kill();
  await once(child, 'exit');
}

async function distributed(count) {
  const storeUrl = freshStore(`workers-${count}`);
  const api = await start(storeUrl, at('../../services/cli/bin/palimpsest.js'), 'serve', 'api');
  await database.query('truncate studies, tasks, nodes cascade');
  const workers = [];
  for (let i = 0; i < count; i++) workers.push(await start(storeUrl, at('worker.mjs')));
  const begin = performance.now();
  const submitted = await fetch(`${api.url}/studies`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ yaml, baseDir: '/data' }),
  });
  if (!submitted.ok) throw new Error(await submitted.text());
  const answered = performance.now();
  await until(
    'a task has begun',
    60,
    async () => (await one('select 1 from tasks where progress is not null')) !== undefined,
  );
  const firstMs = performance.now() - answered;
  await until('the study is done', 3600, async () => {
    await sleep(200);
    return (await one('select status from studies')).status === 'finished';
  });
  const seconds = (performance.now() - begin) / 1000;
  const { tasks } = await one('select count(*)::integer as tasks from tasks');
  await Promise.all([api, ...workers].map(stop));
  return { tasks, seconds, firstMs };
}

/** The same tasks without services, queue or messages. */
async function alone() {
  const { rows } = await database.query('select id as "taskId", kind, input from tasks order by number');
  const store = openStore(freshStore('alone'), { env: { ...process.env, ...env } });
  const { definitions } = fakeTasks();
  const of = new Map(definitions.map((definition) => [definition.kind, definition]));
  const surroundings = { store, threads: 1, signal: new AbortController().signal, progress: () => undefined };
  const begin = performance.now();
  const queue = rows.values();
  const loop = async () => {
    for (const order of queue) await runTask(of.get(order.kind), order, surroundings);
  };
  await Promise.all([loop(), loop()]);
  return { tasks: rows.length, seconds: (performance.now() - begin) / 1000 };
}

async function one(text) {
  return (await database.query(text)).rows[0];
}
