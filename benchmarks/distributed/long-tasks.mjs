/**
 * What the services add to tasks of some ten seconds: a real study over Kafka, MinIO and PostgreSQL, each training and
 * extraction in a process of its own, one at a time, beside the same functions called one after the other in one
 * process over the same object store.
 *
 *     node benchmarks/distributed/long-tasks.mjs [epochs] [threads]
 *
 * Every training takes `epochs` (180 when left out) with so many `threads` (1). Prints both times and their ratio. Needs
 * `tsc -b` and what the servers need.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTask } from '@palimpsest/platform';
import { services } from '../../services/cli/dist/services.js';
import { Deployment, until } from '../../test/distributed/chaos/deployment.mjs';
import { writeTinyStudy } from '../../test/support/tiny-study.mjs';

const [epochs = 180, threads = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-long-'));
const file = await writeTinyStudy(folder);
const stage = (rate) => `{ learningRate: ${rate}, maxEpochs: ${epochs}, patience: ${epochs} }`;
const yaml = readFileSync(file, 'utf8').replaceAll(
  /^ {2}(pretrain|finetune|head): .*learningRate: ([\d.]+).*$/gm,
  (_, name, rate) => `  ${name}: ${stage(rate)}`,
);
writeFileSync(file, yaml);

const deployment = await Deployment.start({
  folder,
  env: { CONCURRENCY: '1', THREADS_PER_TASK: `${threads}`, LOG_LEVEL: 'error' },
});
const begin = performance.now();
const answer = await fetch(`${deployment.url()}/studies`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ yaml, baseDir: folder }),
});
if (!answer.ok) throw new Error(await answer.text());
await until(
  'the study is done',
  3600,
  async () => (await deployment.query('select status from studies'))[0].status === 'finished',
);
const seconds = (performance.now() - begin) / 1000;
const orders = await deployment.query('select id as "taskId", kind, input from tasks order by number');
for (const name of deployment.names) await deployment.stop(name);
// What `api` gave the report to read was made by no task.
for await (const key of deployment.store.list(''))
  if (!key.startsWith('results/')) await deployment.store.deleteRecord(key);

const definitions = (
  await Promise.all(Object.values(services).map((service) => service.definitions()))
).flat();
const of = new Map(definitions.map((definition) => [definition.kind, definition]));
const surroundings = {
  store: deployment.store,
  threads,
  signal: new AbortController().signal,
  progress: () => undefined,
};
const times = new Map();
for (const order of orders) {
  const started = performance.now();
  await runTask(of.get(order.kind), order, surroundings);
  const { count = 0, sum = 0 } = times.get(order.kind) ?? {};
  times.set(order.kind, { count: count + 1, sum: sum + (performance.now() - started) / 1000 });
}
const alone = [...times.values()].reduce((total, { sum }) => total + sum, 0);
for (const [kind, { count, sum }] of times)
  console.log(`${kind}: ${count} tasks of ${(sum / count).toFixed(2)} s`);
console.log(
  `one process: ${alone.toFixed(1)} s; services: ${seconds.toFixed(1)} s, ${(100 * (seconds / alone - 1)).toFixed(1)} % more`,
);
await deployment.close();
rmSync(folder, { recursive: true });
