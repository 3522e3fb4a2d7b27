import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort } from '../../distributed/servers/ports.mjs';
import { writeKubeconfig } from './credentials.mjs';
import { part } from './part.mjs';

/** Resolves when something listens on a port; within a network of its own nobody can look, and whoever needs it waits. */
const listening = (cluster, port) => async () => {
  if (!cluster.wrap && !(await accepts(port))) throw new Error(`nothing listens on ${port}`);
};

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/** etcd, which forgets nothing when the API server is killed. */
export async function startEtcd(cluster) {
  const port = await freePort([1]);
  const [clients, peers] = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
  cluster.etcd = clients;
  return part(cluster, 'etcd', {
    port,
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
    ready: listening(cluster, port),
  });
}

/** The API server. Ready when it says so to whoever has a token. */
export async function startApiServer(cluster) {
  const { folder, address, place, tokens } = cluster;
  const port = await freePort();
  const certificates = path.join(folder, 'certificates');
  cluster.server = `https://${address}:${port}`;
  cluster.certificate = path.join(certificates, 'apiserver.crt');
  const server = await part(cluster, 'kube-apiserver', {
    port,
    args: [
      `--etcd-servers=${cluster.etcd}`,
      `--bind-address=${address}`,
      `--secure-port=${port}`,
      ...(place ? [`--advertise-address=${address}`] : []),
      `--cert-dir=${certificates}`,
      `--service-cluster-ip-range=${place?.services ?? '10.96.0.0/16'}`,
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
  const { folder, place } = cluster;
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
      ...(place ? ['--allocate-node-cidrs=true', `--cluster-cidr=${place.pods}`] : []),
    ],
    ready: listening(cluster, port),
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
    ready: listening(cluster, port),
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
    ready: listening(cluster, port),
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
