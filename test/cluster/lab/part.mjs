import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { serve } from '../../distributed/servers/server.mjs';
import { program as programOf } from './cache.mjs';

/**
 * Starts one program of the cluster, in the cluster's network, with a folder of its own, where its log is `server.log`.
 *
 * @param ready resolves when it does its work and throws until then; without one it is not waited for
 */
export async function part(cluster, name, { port = 0, args, program, ready = () => Promise.resolve() }) {
  const data = path.join(cluster.folder, name);
  await mkdir(data, { recursive: true });
  const words = [...(cluster.wrap ?? []), program ?? programOf(cluster.options, name), ...args];
  return serve({
    ...{ name, version: '', port, url: '', env: {}, data, options: {} },
    command: () => ({ program: words[0], args: words.slice(1) }),
    ready,
  });
}
