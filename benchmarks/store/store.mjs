// What the store adds to a bare S3 client that moves the same bytes: node benchmarks/store/store.mjs [rounds]
// Wants `npm run build` first. Starts its own servers; one round after the other, both sides by turns.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { missing, startMinio, startSeaweed } from '../../test/distributed/servers/servers.mjs';

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 5);
const side = fileURLToPath(new URL('side.mjs', import.meta.url));
const workloads = [
  { name: 'activations, 64 × 4 MiB', files: 64, bytes: 4 * 2 ** 20 },
  { name: 'activations, 192 × 4 MiB', files: 192, bytes: 4 * 2 ** 20 },
  { name: 'small, 2,000 × 8 KiB', files: 2000, bytes: 8 * 2 ** 10 },
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function measure(server, who, direction, { files, bytes }, prefix) {
  const env = { ...process.env, ...server.env, STORE_URL: server.url };
  const { stdout } = await run(process.execPath, [side, who, direction, files, bytes, prefix], { env });
  return JSON.parse(stdout);
}

async function compare(server, workload) {
  const measured = { write: { store: [], client: [] }, read: { store: [], client: [] } };
  for (let round = 0; round < rounds; round++)
    for (const direction of ['write', 'read'])
      for (const who of round % 2 ? ['store', 'client'] : ['client', 'store'])
        measured[direction][who].push(
          await measure(server, who, direction, workload, `${workload.files}-${round}`),
        );
  const mib = (workload.files * workload.bytes) / 2 ** 20;
  return Object.entries(measured).map(([direction, { store, client }]) => {
    const seconds = [store, client].map((all) => median(all.map((one) => one.seconds)));
    const peaks = [store, client].map((all) => Math.max(...all.map((one) => one.peakMiB)));
    const ratio = median(store.map((one, i) => client[i].seconds / one.seconds));
    return [
      server.name,
      workload.name,
      direction,
      ...seconds.map((s) => (mib / s).toFixed(0)),
      `${(100 * ratio).toFixed(0)} %`,
      ...peaks.map((p) => p.toFixed(0)),
    ];
  });
}

const rows = [];
for (const [name, start] of [
  ['minio', startMinio],
  ['seaweed', startSeaweed],
]) {
  const reason = missing(name);
  if (reason) {
    console.error(`${name}: left out, ${reason}`);
    continue;
  }
  const server = await start();
  try {
    for (const workload of workloads) rows.push(...(await compare(server, workload)));
  } finally {
    await server.remove();
  }
}
console.log(
  '| server | files | | store, MiB/s | client, MiB/s | store : client | peak MiB, store | peak MiB, client |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
