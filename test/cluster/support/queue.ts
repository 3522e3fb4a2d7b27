import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cached, type OwnImage } from '../lab/lab.mjs';
import { ontoGpuPool } from './gpu-pool.js';
import type { Installation } from './installation.js';

const [repository, tag] = ['palimpsest-lab/kueue', '1'];
const chart = cached('kueue-chart');

/** The image of Kueue; undefined where `test/cluster/lab/fetch.mjs` has not built it. */
export function kueueImage(): OwnImage | undefined {
  const kueue = cached('bin/kueue');
  if (!chart || !kueue) return undefined;
  return { name: `${repository}:${tag}`, files: { '/manager': kueue }, entrypoint: ['/manager'] };
}

/** Installs Kueue by its own chart, and the queue of `k8s/dependencies`, which has so many GPUs to give. */
export async function installQueue(there: Installation, gpus: number): Promise<void> {
  const manager = {
    image: { repository, tag, pullPolicy: 'Never' },
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
    podSecurityContext: { runAsNonRoot: true, runAsUser: 65532 },
  };
  await there.deploy('kueue', {
    chart: chart as string,
    values: { controllerManager: { manager, tolerations: ontoGpuPool.tolerations } },
    args: ['--namespace', 'kueue-system', '--create-namespace'],
  });
  const queue = readFileSync('k8s/dependencies/queue.yaml', 'utf8');
  const file = path.join(there.lab.folder, 'queue.yaml');
  writeFileSync(
    file,
    queue.replace(/(name: nvidia.com\/gpu, nominalQuota: )\d+/, (_, name: string) => `${name}${gpus}`),
  );
  await there.kubectl('apply', '--filename', file);
}
