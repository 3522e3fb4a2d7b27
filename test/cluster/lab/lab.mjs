import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../distributed/servers/commands.mjs';
import { unguard } from '../../distributed/servers/guard.mjs';
import { dataFolder } from '../../distributed/servers/server.mjs';
import { program } from './cache.mjs';
import { startApiServer, startControllers, startEtcd, startKwok, startScheduler } from './control-plane.mjs';
import { makeCredentials } from './credentials.mjs';
import { fakeNodes } from './fake-nodes.mjs';
import { makeNetwork, removeNetwork, wrap } from './network.mjs';
import { nameImage, removeContainers, startContainerd, startDns, startKubelet, startProxy } from './node.mjs';
import { startPolicies } from './policies.mjs';
import { leaveSlot, takeSlot } from './slot.mjs';

export { cached, missing } from './cache.mjs';

const controlPlane = [startEtcd, startApiServer, startControllers, startScheduler];
const modes = {
  sim: [...controlPlane, startKwok],
  node: [...controlPlane, startContainerd, startDns, startPolicies, startKubelet, startProxy],
};

/** Starts a cluster of its own. */
export async function startLab(options = {}) {
  const { mode = 'sim' } = options;
  const folder = await dataFolder('kubernetes', options);
  const cluster = { folder, options, address: '127.0.0.1', tokens: makeCredentials(folder), parts: [] };
  try {
    if (mode === 'node') await settle(cluster);
    for (const start of modes[mode]) cluster.parts.push(await start(cluster));
    const lab = labOf(cluster);
    await soon(() => lab.kubectl('get', 'serviceaccount', 'default'));
    if (mode === 'sim') await lab.apply(fakeNodes(options));
    await soon(() => lab.kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s'));
    await soon(() => expectNoTaints(lab));
    return lab;
  } catch (error) {
    await remove(cluster);
    throw error;
  }
}

/** A network of its own, for containers. */
async function settle(cluster) {
  const place = await takeSlot(cluster.folder);
  Object.assign(cluster, { place, address: place.address, wrap: wrap(place) });
  await makeNetwork(place);
}

function labOf(cluster) {
  const { folder, options, place, parts } = cluster;
  const kubeconfig = cluster.kubeconfig('admin');
  const kubectl = (...args) => run(program(options, 'kubectl'), ['--kubeconfig', kubeconfig, ...args]);
  return {
    ...{ folder, kubeconfig, kubectl, apiServer: parts[1] },
    host: place?.host ?? '127.0.0.1',
    kubeconfigFor: async (namespace, serviceAccount) => {
      const token = await kubectl('-n', namespace, 'create', 'token', serviceAccount);
      return cluster.kubeconfig(`${namespace}-${serviceAccount}`, token.trim());
    },
    apply: async (manifest) => {
      const file = path.join(folder, `${crypto.randomUUID()}.json`);
      await writeFile(file, JSON.stringify(manifest));
      await kubectl('apply', '-f', file);
    },
    nameImage: (name, other) => nameImage(cluster, name, other),
    remove: () => remove(cluster),
  };
}

/** In the reverse order of their start, so that nobody misses for long the one that it talks to. */
async function remove({ folder, parts, place }) {
  for (const part of [...parts].reverse()) await part.remove();
  if (place) {
    await removeContainers(folder, place);
    await removeNetwork(place);
    await leaveSlot(place);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  unguard(folder);
}

/** A controller takes away the taint of a new node a moment after it is ready. */
async function expectNoTaints(lab) {
  const taints = await lab.kubectl('get', 'nodes', '--output', 'jsonpath={.items[*].spec.taints}');
  if (taints !== '') throw new Error(`nodes have taints still: ${taints}`);
}

async function soon(action) {
  for (let left = 150; ; left--) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(200);
    }
  }
}
