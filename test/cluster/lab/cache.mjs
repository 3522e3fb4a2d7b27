import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where the programs of a cluster are kept between runs: PALIMPSEST_KUBERNETES, or a folder below the user's cache. */
export function cacheFolder(options = {}) {
  const home = path.join(homedir(), '.cache', 'palimpsest-kubernetes');
  return path.resolve(options.cache ?? process.env.PALIMPSEST_KUBERNETES ?? home);
}

/** The path of something of the cache that is there. */
export function cached(name) {
  const file = path.join(cacheFolder(), name);
  return existsSync(file) ? file : undefined;
}

/** The path of a program of the cache. */
export const program = (options, name) => path.join(cacheFolder(options), 'bin', name);

const control = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
const built = { sim: [...control, 'kwok'], node: [...control, 'kubelet', 'kube-proxy', 'coredns', 'pause'] };
/** Of Debian's packages containerd, runc, iproute2, nftables and containernetworking-plugins. */
const installed = ['containerd', 'ctr', 'runc', 'ip', 'nft', 'nsenter'];

/** Why this machine cannot run a cluster now, in words; undefined when it can. */
export function missing(options = {}) {
  const { mode = 'sim' } = options;
  const lacking = built[mode].find((name) => !isProgram(program(options, name)));
  if (lacking) return `no ${lacking} in ${cacheFolder(options)}: node test/cluster/lab/fetch.mjs builds it`;
  if (mode === 'sim') return undefined;
  if (process.getuid?.() !== 0) return 'only root may make a network for containers';
  if (!isProgram('/usr/lib/cni/bridge')) return 'no /usr/lib/cni/bridge: install containernetworking-plugins';
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  const absent = installed.find((name) => !folders.some((folder) => isProgram(path.join(folder, name))));
  return absent && `no ${absent}`;
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
