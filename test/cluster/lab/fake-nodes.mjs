/** Nodes that kwok plays, each with GPUs. */
export function fakeNodes({ nodes = 2, gpusPerNode = 4 }) {
  const items = Array.from({ length: nodes }, (_, i) => fakeNode(`gpu-${i}`, gpusPerNode));
  return { apiVersion: 'v1', kind: 'List', items };
}

function fakeNode(name, gpus) {
  const size = {
    ...{ cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti' },
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
