// One measurement in a process of its own: node side.mjs <store|client> <write|read> <files> <bytes> <prefix>
// prints { seconds, peakMiB }. STORE_URL and the credentials come from the environment.
import { randomFillSync } from 'node:crypto';
import { openStore } from '@palimpsest/platform/work';
import { Client } from 'minio';

const [side, direction, files, bytes, prefix] = process.argv.slice(2);
const atOnce = 8;

/** New bytes for every file, as a task makes them; none like another, none that compress. */
const pattern = randomFillSync(Buffer.alloc(Number(bytes)), 0);
function contentOf(index) {
  const content = Buffer.from(pattern);
  content.writeUInt32LE(index, 0);
  return content;
}

const names = Array.from({ length: Number(files) }, (_, i) => `c/${i}`);

async function overlapped(values, apply) {
  const iterator = values[Symbol.iterator]();
  const work = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await apply(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function bareClient() {
  const url = new URL(process.env.STORE_URL);
  const endpoint = new URL(url.searchParams.get('endpoint'));
  const client = new Client({
    endPoint: endpoint.hostname,
    port: Number(endpoint.port),
    useSSL: endpoint.protocol === 'https:',
    accessKey: process.env.S3_ACCESS_KEY,
    secretKey: process.env.S3_SECRET_KEY,
    region: 'us-east-1',
  });
  const bucket = url.host;
  const key = (name) => `bare/${prefix}/${name}`;
  const read = async (name) => {
    const chunks = [];
    for await (const chunk of await client.getObject(bucket, key(name))) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    warm: () => client.putObject(bucket, key('warm'), Buffer.alloc(1)),
    write: () => overlapped(names.keys(), (i) => client.putObject(bucket, key(names[i]), contentOf(i))),
    read: () => overlapped(names, read),
  };
}

function ourStore() {
  const store = openStore(process.env.STORE_URL);
  const record = `store/${prefix}.json`;
  function* made() {
    for (const [i, name] of names.entries()) yield [name, contentOf(i)];
  }
  return {
    warm: () => store.writeRecord('store/warm', new Uint8Array(1)),
    write: async () => {
      const tree = await store.putTree(`store/${prefix}`, made());
      await store.writeRecord(record, Buffer.from(JSON.stringify(tree)));
    },
    read: async () => {
      const tree = await store.openTree(JSON.parse(Buffer.from(await store.readRecord(record)).toString()));
      await overlapped(names, (name) => tree.read(name));
    },
  };
}

const parts = side === 'store' ? ourStore() : bareClient();
await parts.warm();
const started = performance.now();
await parts[direction]();
const seconds = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
process.exit();
