import type { Lab } from '../lab/lab.mjs';

/** What a pod needs to be let onto the pool. */
export const ontoGpuPool = {
  nodeSelector: { pool: 'gpu' },
  tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
} as const;

/** Makes the real node a pool of GPUs that are none: labelled, tainted, and with so many of `nvidia.com/gpu` to give. */
export async function makeGpuPool(lab: Lab, gpus: number): Promise<void> {
  await lab.kubectl('label', 'node', 'node-0', 'pool=gpu');
  await lab.kubectl('taint', 'node', 'node-0', 'nvidia.com/gpu=present:NoSchedule');
  const patch = ['capacity', 'allocatable'].map((which) => {
    return { op: 'add', path: `/status/${which}/nvidia.com~1gpu`, value: String(gpus) };
  });
  const how = ['--subresource=status', '--type=json', '--patch', JSON.stringify(patch)];
  await lab.kubectl('patch', 'node', 'node-0', ...how);
}
