import { exitCodes } from '../jobs.js';
import type { KubeContainer, KubeContainerStatus, KubePod } from './objects.js';
import { sizeOf } from './quantity.js';

/** The state of the container that runs the task; undefined before there is one. */
export const statusOf = (pod: KubePod, container: string): KubeContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === container);

/** How a pod that failed came to its end. */
export interface PodEnd {
  /** In words that go on from the name of its task. */
  how: string;
  outOfMemory: boolean;
}

/** How a pod that failed came to its end. */
export function endOfPod(pod: KubePod, container: string): PodEnd {
  const ended = statusOf(pod, container)?.state?.terminated;
  const outOfMemory = ended?.reason === 'OOMKilled' || ended?.exitCode === exitCodes.outOfMemory;
  return { how: howItEnded(pod, container, ended), outOfMemory };
}

type Terminated = NonNullable<KubeContainerStatus['state']>['terminated'];

function howItEnded(pod: KubePod, container: string, ended: Terminated): string {
  const { reason, message } = pod.status ?? {};
  if (reason === 'Evicted') return `was evicted: ${message ?? 'no reason given'}`;
  if (!ended) return `has a pod that failed: ${message ?? reason ?? 'no reason given'}`;
  if (ended.reason === 'OOMKilled') {
    const spec = pod.spec?.containers.find(({ name }) => name === container);
    return `was killed for want of memory${limitOf(spec)}`;
  }
  // What could not even be started has more to say than its exit code.
  if (ended.message) return `ended with exit code ${ended.exitCode}: ${ended.message}`;
  return exits[ended.exitCode] ?? `ended with exit code ${ended.exitCode}`;
}

const exits: Record<number, string> = { 137: 'was killed by SIGKILL', 143: 'was told to stop' };

function limitOf(container: KubeContainer | undefined): string {
  const limit = container?.resources?.limits?.memory;
  return limit === undefined ? '' : ` (limit ${sizeOf(limit)})`;
}

const hopeless = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'],
  ...['CreateContainerConfigError', 'CreateContainerError'],
];

/** What keeps a pod from starting that waiting seldom mends, in words; undefined when nothing does. */
export function obstacleOf(pod: KubePod): string | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { image, state } of statuses) {
    const { reason = '', message } = state?.waiting ?? {};
    const why = message === undefined ? reason : `${reason}: ${message}`;
    if (reason.includes('Image')) return `cannot get its image ${image} (${why})`;
    if (hopeless.includes(reason)) return `cannot start its container (${why})`;
  }
  return undefined;
}
