import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../distributed/servers/commands.mjs';
import { unguard } from '../../distributed/servers/guard.mjs';
import { dataFolder } from '../../distributed/servers/server.mjs';
import { rm, writeFile } from 'node:fs/promises';
import { program } from './cache.mjs';
import { startApiServer, startControllers, startEtcd, startKwok, startScheduler } from './control-plane.mjs';
import { makeCredentials } from './credentials.mjs';

export { missing } from './cache.mjs';

/** Starts a cluster of its own on free ports of the loopback interface, whose nodes and pods are played. */
export async function startLab(options = {}) {
  const folder = await dataFolder('kubernetes', { data: options.data });
  const cluster = { folder, options, address: '127.0.0.1', tokens: makeCredentials(folder) };
  const parts = [];
  try {
    for (const start of [startEtcd, startApiServer, startControllers, startScheduler, startKwok])
      parts.push(await start(cluster));
    const lab = labOf(cluster, parts);
    await lab.kubectl('apply', '-f', await nodesFile(folder, options));
    await soon(() => lab.kubectl('get', 'serviceaccount', 'default'));
    await lab.kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
    return lab;
  } catch (error) {
    await removeAll(folder, parts);
    throw error;
  }
}

function labOf(cluster, parts) {
  const { folder, options } = cluster;
  const admin = cluster.kubeconfig('admin');
  const kubectl = (...args) => run(program(options, 'kubectl'), ['--kubeconfig', admin, ...args]);
  return {
    folder,
    kubeconfig: admin,
    server: cluster.server,
    certificate: cluster.certificate,
    apiServer: parts[1],
    kubectl,
    kubeconfigFor: async (namespace, serviceAccount) => {
      const token = await kubectl('-n', namespace, 'create', 'token', serviceAccount);
      return cluster.kubeconfig(`${namespace}-${serviceAccount}`, token.trim());
    },
    apply: async (manifest) => {
      const file = path.join(folder, `apply-${Math.random()}.json`);
      await writeFile(file, JSON.stringify(manifest));
      await kubectl('apply', '-f', file);
    },
    remove: () => removeAll(folder, parts),
  };
}

/** In the reverse order of their start, so that nobody misses the one that it talks to for long. */
async function removeAll(folder, parts) {
  for (const part of [...parts].reverse()) await part.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  unguard(folder);
}

async function nodesFile(folder, { nodes = 2, gpusPerNode = 4 }) {
  const items = Array.from({ length: nodes }, (_, i) => fakeNode(`gpu-${i}`, gpusPerNode));
  const file = path.join(folder, 'nodes.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  return file;
}

function fakeNode(name, gpus) {
  const size = {
    cpu: '32',
    memory: '256Gi',
    pods: '110',
    'ephemeral-storage': '1Ti',
    'nvidia.com/gpu': `${gpus}`,
  };
  const labels = {
    ...{ 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    pool: 'gpu',
  };
  return {
    ...{ apiVersion: 'v1', kind: 'Node' },
    metadata: { name, labels, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { allocatable: size, capacity: size },
  };
}

async function soon(action) {
  for (let left = 100; ; left--) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(200);
    }
  }
}
