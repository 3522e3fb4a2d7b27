import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where the programs of a cluster are kept between runs: PALIMPSEST_KUBERNETES, or a folder below the user's cache. */
export function cacheFolder(options = {}) {
  const home = path.join(homedir(), '.cache', 'palimpsest-kubernetes');
  return path.resolve(options.cache ?? process.env.PALIMPSEST_KUBERNETES ?? home);
}

/** The path of a program of the cache. */
export const program = (options, name) => path.join(cacheFolder(options), 'bin', name);

/** Whether the cache has a program. */
export function has(options, name) {
  try {
    accessSync(program(options, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const needed = {
  sim: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok'],
  node: [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubectl',
    'kwok',
    'kubelet',
    'kube-proxy',
  ],
};

/** Why this machine cannot run a cluster now, in words; undefined when it can. */
export function missing(options = {}) {
  const lacking = needed[options.mode ?? 'sim'].find((name) => !has(options, name));
  if (lacking) return `no ${lacking} in ${cacheFolder(options)}; node test/cluster/lab/fetch.mjs builds it`;
  return undefined;
}
