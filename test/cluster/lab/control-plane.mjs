import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { freePort, isFree } from '../../distributed/servers/ports.mjs';
import { serve } from '../../distributed/servers/server.mjs';
import { program } from './cache.mjs';
import { writeKubeconfig } from './credentials.mjs';

const listening = async (port) => {
  if (await isFree(port)) throw new Error(`nothing listens on ${port}`);
};

/** Starts one program of the cluster with a folder of its own; its log is `server.log` there. */
async function part(cluster, name, { port, args, ready, wrap = [] }) {
  const data = path.join(cluster.folder, name);
  await mkdir(data, { recursive: true });
  const [first, ...rest] = [...wrap, program(cluster.options, name), ...args];
  return serve({
    ...{ name, version: '', port, url: '', env: {}, data, options: cluster.options },
    command: () => ({ program: first, args: rest }),
    ready: ready ?? (() => listening(port)),
  });
}

/** etcd, which forgets nothing when the API server is killed. */
export async function startEtcd(cluster) {
  const port = await freePort([1]);
  const [clients, peers] = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
  cluster.etcd = clients;
  return part(cluster, 'etcd', {
    port,
    wrap: cluster.wrap,
    args: [
      '--data-dir=data',
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      '--unsafe-no-fsync',
      '--logger=zap',
      '--log-level=warn',
    ],
    ready: cluster.wrap ? () => Promise.resolve() : undefined,
  });
}

/** The API server. Ready when it says so to whoever has a token. */
export async function startApiServer(cluster) {
  const { folder, address, tokens } = cluster;
  const port = await freePort();
  const certificates = path.join(folder, 'certificates');
  cluster.server = `https://${address}:${port}`;
  cluster.certificate = path.join(certificates, 'apiserver.crt');
  const server = await part(cluster, 'kube-apiserver', {
    port,
    wrap: cluster.wrap,
    args: [
      `--etcd-servers=${cluster.etcd}`,
      `--bind-address=${address}`,
      `--secure-port=${port}`,
      ...(cluster.wrap ? [`--advertise-address=${address}`] : []),
      `--cert-dir=${certificates}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--token-auth-file=${folder}/tokens.csv`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${folder}/sa.key`,
      `--service-account-signing-key-file=${folder}/sa.key`,
      '--kubelet-preferred-address-types=InternalIP',
      '--profiling=false',
    ],
    ready: () => answers(`${cluster.server}/readyz`, tokens.admin),
  });
  cluster.kubeconfig = (name, token = tokens[name]) =>
    writeKubeconfig(path.join(folder, `${name}.conf`), { ...cluster, token });
  return server;
}

/** The controllers; among them the one that makes pods of Jobs. */
export async function startControllers(cluster) {
  const port = await freePort();
  const { folder } = cluster;
  return part(cluster, 'kube-controller-manager', {
    port,
    args: [
      `--kubeconfig=${cluster.kubeconfig('kcm')}`,
      `--service-account-private-key-file=${folder}/sa.key`,
      `--root-ca-file=${cluster.certificate}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--cert-dir=certificates',
      ...(cluster.wrap ? ['--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16'] : []),
    ],
  });
}

/** The scheduler. */
export async function startScheduler(cluster) {
  const port = await freePort();
  return part(cluster, 'kube-scheduler', {
    port,
    args: [
      `--kubeconfig=${cluster.kubeconfig('scheduler')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--cert-dir=certificates',
    ],
  });
}

/** kwok, which plays the nodes that have its annotation and the pods on them, as `stages.yaml` says. */
export async function startKwok(cluster) {
  const port = await freePort();
  const { folder, certificate } = cluster;
  const log = path.join(folder, 'pod.log');
  writeFileSync(log, `${new Date().toISOString()} stdout F played by kwok\n`);
  const stages = readFileSync(path.join(import.meta.dirname, 'stages.yaml'), 'utf8').replace('LOG_FILE', log);
  writeFileSync(path.join(folder, 'stages.yaml'), stages);
  return part(cluster, 'kwok', {
    port,
    args: [
      `--kubeconfig=${cluster.kubeconfig('kwok')}`,
      `--config=${folder}/stages.yaml`,
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--node-lease-duration-seconds=40',
      `--server-address=127.0.0.1:${port}`,
      '--node-ip=127.0.0.1',
      `--node-port=${port}`,
      `--tls-cert-file=${certificate}`,
      `--tls-private-key-file=${certificate.replace(/crt$/, 'key')}`,
    ],
  });
}

function answers(url, token) {
  return new Promise((resolve, reject) => {
    const options = {
      headers: { Authorization: `Bearer ${token}` },
      rejectUnauthorized: false,
      timeout: 2000,
    };
    const request = https.get(url, options, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${url} says ${response.statusCode}`));
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error(`${url} is silent`)));
  });
}
