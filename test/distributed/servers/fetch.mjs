// Puts the programs of every server that this machine can run into the cache: node test/distributed/servers/fetch.mjs
import { fetchServer, missing } from './servers.mjs';

const wanted = [
  ['kafka', {}],
  ['minio', {}],
  ['seaweed', {}],
  ['postgres', {}],
  ['postgres', { version: '18' }],
];

for (const [name, options] of wanted) {
  const reason = missing(name, options);
  if (reason) console.log(`${name} skipped: ${reason}`);
  else await fetchServer(name, options);
}
