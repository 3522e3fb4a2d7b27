import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../distributed/servers/commands.mjs';
import { program } from './cache.mjs';
import { makeImage } from './image.mjs';
import { part } from './part.mjs';

const pause = 'palimpsest-lab/pause:1';
const cgroups = '/sys/fs/cgroup';

/** A container runtime with the images that it is given, and the one that every pod needs. */
export async function startContainerd(cluster) {
  const { folder, options, place } = cluster;
  cluster.socket = path.join(folder, 'c.sock');
  makeCgroups(place.cgroup);
  await mkdir(path.join(folder, 'cni'), { recursive: true });
  await writeFile(path.join(folder, 'cni', '10-bridge.conflist'), JSON.stringify(bridge(folder, place)));
  await writeFile(path.join(folder, 'containerd.toml'), runtimeConfig(folder, cluster.socket));
  const containerd = await part(cluster, 'containerd', {
    program: 'containerd',
    args: ['-c', path.join(folder, 'containerd.toml')],
    ready: () => run('ctr', ['-a', cluster.socket, 'version']),
  });
  const files = { '/pause': program(options, 'pause') };
  const own = { name: pause, files, entrypoint: ['/pause'] };
  for (const image of [own, ...(options.images ?? [])])
    await images(cluster, 'import', typeof image === 'string' ? image : await makeImage(folder, image));
  return containerd;
}

const images = ({ socket }, ...args) => run('ctr', ['-a', socket, '-n', 'k8s.io', 'images', ...args]);

export const nameImage = (cluster, name, other) =>
  images(cluster, 'tag', `docker.io/${name}`, `docker.io/${other}`);

/** The node's own agent, which starts pods. */
export async function startKubelet(cluster) {
  const { folder, place } = cluster;
  await writeFile(path.join(folder, 'resolv.conf'), `nameserver ${place.address}\n`);
  await writeFile(path.join(folder, 'kubelet.json'), JSON.stringify(kubeletConfig(cluster)));
  return part(cluster, 'kubelet', {
    args: [
      `--config=${folder}/kubelet.json`,
      `--kubeconfig=${cluster.kubeconfig('kubelet')}`,
      '--hostname-override=node-0',
      `--node-ip=${place.address}`,
      `--root-dir=${folder}/kubelet-root`,
      `--cert-dir=${folder}/kubelet-certificates`,
    ],
  });
}

/** Addresses of services. */
export function startProxy(cluster) {
  return part(cluster, 'kube-proxy', {
    args: [
      `--kubeconfig=${cluster.kubeconfig('proxy')}`,
      '--hostname-override=node-0',
      '--proxy-mode=nftables',
      `--cluster-cidr=${cluster.place.pods}`,
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
    ],
  });
}

/** Names of services. */
export async function startDns(cluster) {
  const { folder, place } = cluster;
  const file = path.join(folder, 'Corefile');
  const kubernetes = `kubernetes cluster.local {\n  kubeconfig ${cluster.kubeconfig('admin')} lab\n  ttl 1\n }`;
  await writeFile(file, `.:53 {\n bind ${place.address}\n errors\n ${kubernetes}\n}\n`);
  return part(cluster, 'coredns', { args: ['-conf', file] });
}

/** Ends what containers left when their runtime was ended, and takes away what it had mounted. */
export async function removeContainers(folder, { cgroup }) {
  for (let round = 0; round < 3; round++) {
    for (const pid of processesIn(`${cgroups}/pids${cgroup}`)) tryKill(pid);
    await sleep(100);
  }
  for (const pid of shimsOf(path.join(folder, 'c.sock'))) tryKill(pid);
  await sleep(100);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((at) => at.startsWith(`${folder}/`));
  for (const at of mounts.sort().reverse()) await run('umount', ['-l', at]).catch(() => undefined);
  for (const each of readdirSync(cgroups)) removeFolders(`${cgroups}/${each}${cgroup}`);
}

function makeCgroups(cgroup) {
  return Promise.all(
    readdirSync(cgroups).map((each) => mkdir(`${cgroups}/${each}${cgroup}`).catch(() => undefined)),
  );
}

function processesIn(folder) {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const own = readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  return [...own, ...inner.flatMap(({ name }) => processesIn(`${folder}/${name}`))];
}

function shimsOf(socket) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0].includes('containerd-shim') && words.includes(socket);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

function tryKill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function removeFolders(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeFolders(`${folder}/${entry.name}`);
  try {
    rmdirSync(folder);
  } catch {
    // of a kind that cannot be removed, or somebody else's by now
  }
}

const bridge = (folder, { pods }) => ({
  ...{ cniVersion: '0.4.0', name: 'lab' },
  plugins: [
    {
      ...{ type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, hairpinMode: true },
      ipam: {
        ...{ type: 'host-local', dataDir: `${folder}/ipam` },
        ...{ ranges: [[{ subnet: pods }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const runtimeConfig = (folder, socket) => `version = 2
root = "${folder}/containerd-root"
state = "${folder}/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs","io.containerd.snapshotter.v1.btrfs","io.containerd.snapshotter.v1.devmapper","io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/${pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "${folder}/runc"
`;

const kubeletConfig = ({ folder, place, socket }) => ({
  ...{ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
  ...{ address: place.address, cgroupDriver: 'cgroupfs', cgroupRoot: place.cgroup },
  ...{ failCgroupV1: false, failSwapOn: false, makeIPTablesUtilChains: false },
  containerRuntimeEndpoint: `unix://${socket}`,
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  evictionHard: {
    ...{ 'memory.available': '100Mi', 'nodefs.available': '1%' },
    ...{ 'nodefs.inodesFree': '1%', 'imagefs.available': '1%' },
  },
  ...{ imageGCHighThresholdPercent: 100, imageGCLowThresholdPercent: 99 },
  ...{ podLogsDir: `${folder}/podlogs`, resolvConf: `${folder}/resolv.conf` },
  ...{ clusterDomain: 'cluster.local', clusterDNS: [place.address] },
  ...{ healthzPort: 0, syncFrequency: '10s', fileCheckFrequency: '0s' },
});
