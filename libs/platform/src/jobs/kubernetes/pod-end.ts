import type { V1Container, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { gigabytes } from './quantity.js';

/** The state of the container that runs the task; undefined before there is one. */
export const statusOf = (pod: V1Pod, container: string): V1ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === container);

/** How a pod that failed came to its end, in words that go on from the name of its task. */
export function endOfPod(pod: V1Pod, container: string): string {
  const { reason, message } = pod.status ?? {};
  if (reason === 'Evicted') return `was evicted: ${message ?? 'no reason given'}`;
  const ended = statusOf(pod, container)?.state?.terminated;
  if (!ended) return `has a pod that failed: ${message ?? reason ?? 'no reason given'}`;
  const spec = pod.spec?.containers.find(({ name }) => name === container);
  if (ended.reason === 'OOMKilled') return `was killed for want of memory${limitOf(spec)}`;
  if (ended.reason === 'ContainerCannotRun' || ended.reason === 'StartError')
    return `could not be started: ${ended.message ?? ended.reason}`;
  if (ended.exitCode === 137) return 'was killed by SIGKILL';
  if (ended.exitCode === 143) return 'was told to stop';
  return `ended with exit code ${ended.exitCode}`;
}

function limitOf(container: V1Container | undefined): string {
  const limit = container?.resources?.limits?.memory;
  return limit === undefined ? '' : ` (limit ${gigabytes(limit)})`;
}

const hopeless = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'],
  ...['CreateContainerConfigError', 'CreateContainerError'],
];

/** What keeps a pod from starting that waiting seldom mends, in words; undefined when nothing does. */
export function obstacleOf(pod: V1Pod): string | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { image, state } of statuses) {
    const { reason = '', message } = state?.waiting ?? {};
    const why = message === undefined ? reason : `${reason}: ${message}`;
    if (reason.includes('Image')) return `cannot get its image ${image} (${why})`;
    if (hopeless.includes(reason)) return `cannot start its container (${why})`;
  }
  return undefined;
}
