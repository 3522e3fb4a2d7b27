// Builds the programs of a cluster into the cache: node test/cluster/lab/fetch.mjs
//
// From the Go module proxy alone: one program that is etcd, all of Kubernetes and kubectl by the name it is called by,
// kwok, CoreDNS and Kueue. Apache License 2.0, each. Needs go; about 16 minutes of two cores, 420 MB are kept.
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../distributed/servers/commands.mjs';
import { cacheFolder } from './cache.mjs';

const versions = {
  kubernetes: process.env.KUBERNETES_VERSION ?? 'v1.35.4',
  etcd: 'v3.6.16',
  kwok: 'v0.8.0',
  coredns: 'v1.15.0',
  kueue: 'v0.17.0',
};
const tools = {
  kwok: `sigs.k8s.io/kwok/cmd/kwok@${versions.kwok}`,
  coredns: `github.com/coredns/coredns@${versions.coredns}`,
  kueue: `sigs.k8s.io/kueue/cmd/kueue@${versions.kueue}`,
};
const names = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
];

const cache = cacheFolder();
const bin = path.join(cache, 'bin');
const env = { ...process.env, GOFLAGS: '-buildvcs=false -trimpath', CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };

await mkdir(bin, { recursive: true });
await buildKubernetes();
for (const [name, module] of Object.entries(tools)) {
  if (existsSync(path.join(bin, name))) continue;
  console.log(`building ${name}`);
  await run('go', ['install', '-ldflags', '-s -w', module], { env: { ...env, GOBIN: bin } });
}
await copyKueueChart();
await buildOwn('pause', path.join(import.meta.dirname, 'pause.go'));
console.log(`all there in ${bin}`);

async function buildKubernetes() {
  const version = `${versions.kubernetes} ${versions.etcd}`;
  const mark = path.join(bin, 'k8s.version');
  const found = await readFile(mark, 'utf8').catch(() => '');
  if (found.trim() !== version) {
    console.log(`building Kubernetes ${versions.kubernetes} and etcd ${versions.etcd}`);
    await buildOwn('k8s', path.join(import.meta.dirname, 'kubernetes.go'), prepareKubernetes);
    await writeFile(mark, version);
  }
  for (const name of names) {
    await rm(path.join(bin, name), { force: true });
    await symlink('k8s', path.join(bin, name));
  }
}

/** By which Kueue is installed. */
async function copyKueueChart() {
  const copy = path.join(cache, 'kueue-chart');
  if (existsSync(copy)) return;
  const modules = (await run('go', ['env', 'GOMODCACHE'], { env })).trim();
  await cp(path.join(modules, `sigs.k8s.io/kueue@${versions.kueue}`, 'charts', 'kueue'), copy, {
    recursive: true,
  });
}

/** Builds a program of one file. It appears whole or not at all. */
async function buildOwn(name, source, prepare = () => []) {
  if (name === 'pause' && existsSync(path.join(bin, name))) return;
  const folder = path.join(cache, 'src', name);
  await mkdir(folder, { recursive: true });
  await copyFile(source, path.join(folder, 'main.go'));
  await writeFile(path.join(folder, 'go.mod'), `module lab/${name}\n`);
  const flags = await prepare(folder);
  const aside = path.join(folder, name);
  await run('go', ['build', '-mod=mod', '-ldflags', ['-s', '-w', ...flags].join(' '), '-o', aside, '.'], {
    cwd: folder,
    env,
  });
  await rename(aside, path.join(bin, name));
}

/** Kubernetes' own list of modules, with the parts that it keeps in its tree taken from where they are published. */
async function prepareKubernetes(folder) {
  const { kubernetes } = versions;
  const staging = kubernetes.replace('v1.', 'v0.');
  await run('go', ['mod', 'download', `k8s.io/kubernetes@${kubernetes}`], { cwd: folder, env });
  const modules = (await run('go', ['env', 'GOMODCACHE'], { env })).trim();
  const theirs = await readFile(path.join(modules, `k8s.io/kubernetes@${kubernetes}`, 'go.mod'), 'utf8');
  const ours = theirs
    .replace(/^module .*/m, 'module lab/k8s')
    .replace(/=> \.\/staging\/src\/(k8s\.io\/\S+)/g, `=> $1 ${staging}`);
  const more = `require (\nk8s.io/kubernetes ${kubernetes}\ngo.etcd.io/etcd/server/v3 ${versions.etcd}\n)\n`;
  await writeFile(path.join(folder, 'go.mod'), `${ours}\n${more}`);
  await rm(path.join(folder, 'go.sum'), { force: true });
  const [major, minor] = kubernetes.slice(1).split('.');
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((at) =>
    [`gitVersion=${kubernetes}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean'].map(
      (set) => `-X ${at}.${set}`,
    ),
  );
}
