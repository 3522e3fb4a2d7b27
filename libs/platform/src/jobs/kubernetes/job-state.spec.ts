import { describe, expect, it } from 'vitest';
import { stateOf } from './job-state.js';
import type { KubeJob, KubePod, KubePodStatus } from './objects.js';

interface JobParts {
  end?: { type: string; reason?: string; message?: string };
  suspend?: boolean;
  labels?: Record<string, string>;
}
const aJob = ({ end, suspend = false, labels = {} }: JobParts = {}): KubeJob => ({
  metadata: { name: 'job', labels },
  spec: { suspend, activeDeadlineSeconds: 60, template: {} },
  status: { conditions: end ? [{ status: 'True', ...end }] : [] },
});

interface PodParts {
  status: KubePodStatus;
  gpus?: number;
  deleted?: boolean;
  nodeName?: string;
  createdAt?: string;
}
function aPod({
  status,
  gpus = 0,
  deleted = false,
  nodeName,
  createdAt = '2026-01-01T00:00:00Z',
}: PodParts): KubePod {
  const limits = { memory: '2100000000', ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }) };
  const times = { creationTimestamp: createdAt, ...(deleted && { deletionTimestamp: createdAt }) };
  return {
    metadata: times,
    spec: {
      ...{ terminationGracePeriodSeconds: 30, ...(nodeName && { nodeName }) },
      containers: [{ name: 'task', image: 'a', resources: { limits } }],
    },
    status,
  };
}
const ended = (exitCode: number, reason = 'Error'): KubePodStatus => ({
  phase: 'Failed',
  containerStatuses: [
    {
      ...{ name: 'task', image: 'a', imageID: '', ready: false, restartCount: 0 },
      state: { terminated: { exitCode, reason } },
    },
  ],
});
const terminatedWith = (exitCode: number, message: string): KubePodStatus => ({
  containerStatuses: [
    {
      ...{ name: 'task', image: 'a', imageID: '', ready: false, restartCount: 0 },
      state: { terminated: { exitCode, reason: 'StartError', message } },
    },
  ],
});
const waiting = (reason: string, message?: string): KubePodStatus => ({
  phase: 'Pending',
  containerStatuses: [
    {
      ...{ name: 'task', image: 'a:1', imageID: '', ready: false, restartCount: 0 },
      state: { waiting: { reason, ...(message && { message }) } },
    },
  ],
});
const unscheduled = (message: string): KubePodStatus => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});

const look = (job: KubeJob, pods: KubePod[] = [], others: KubePod[] = []) =>
  stateOf({ job, pods, all: [...pods, ...others], container: 'task', gpuResource: 'nvidia.com/gpu' });
const failed = (reason: string, message = '') => aJob({ end: { type: 'Failed', reason, message } });

describe('where a job stands', () => {
  it('is done when its Job is complete', () => {
    expect(look(aJob({ end: { type: 'Complete' } }))).toEqual({ is: 'done' });
  });

  it('is failed by exit code 42, told by its pod or by its Job', () => {
    expect(look(failed('PodFailurePolicy'), [aPod({ status: ended(42) })])).toEqual({ is: 'failed' });
    const message =
      'Container task for pod studies/a failed with exit code 42 matching FailJob rule at index 0';
    expect(look(failed('PodFailurePolicy', message))).toEqual({ is: 'failed' });
  });

  it.each([
    ['for want of memory', ended(137, 'OOMKilled'), 'was killed for want of memory (limit 2.1 GB)'],
    ['killed', ended(137), 'was killed by SIGKILL'],
    ['told to stop', ended(143), 'was told to stop'],
    ['by itself', ended(7), 'ended with exit code 7'],
    [
      'evicted',
      { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      'was evicted: low on memory',
    ],
    [
      'before it began',
      terminatedWith(128, 'no such file: work'),
      'ended with exit code 128: no such file: work',
    ],
    ['never begun', { phase: 'Failed', reason: 'OutOfcpu' }, 'has a pod that failed: OutOfcpu'],
  ])('is lost when its pod ended %s', (_, status, how) => {
    const outOfMemory = how.includes('want of memory');
    expect(look(failed('BackoffLimitExceeded'), [aPod({ status })])).toEqual({
      is: 'lost',
      how,
      outOfMemory,
    });
  });

  it('tells of the pod that was made last', () => {
    const pods = [
      aPod({ status: ended(7), createdAt: '2026-01-01T00:00:02Z' }),
      aPod({ status: ended(137), createdAt: '2026-01-01T00:00:01Z' }),
    ];
    expect(look(failed('BackoffLimitExceeded'), pods)).toMatchObject({ how: 'ended with exit code 7' });
  });

  it('is lost when its pod is gone, or it took too long', () => {
    expect(look(failed('BackoffLimitExceeded', 'too many'))).toEqual({
      is: 'lost',
      how: 'lost its pod: too many',
    });
    expect(look(failed('DeadlineExceeded'))).toMatchObject({
      how: expect.stringContaining('longer than 60 s') as string,
    });
  });

  it('waits for a GPU, and says who has them', () => {
    const message =
      '0/2 nodes are available: 2 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.';
    const others = [
      aPod({ status: { phase: 'Running' }, gpus: 3, nodeName: 'a' }),
      aPod({ status: { phase: 'Running' }, gpus: 1, nodeName: 'b' }),
      aPod({ status: { phase: 'Succeeded' }, gpus: 1, nodeName: 'b' }),
      aPod({ status: { phase: 'Running' }, nodeName: 'b' }),
    ];
    expect(look(aJob(), [aPod({ status: unscheduled(message), gpus: 1 })], others)).toEqual({
      is: 'waiting',
      what: 'waits for a GPU: 0 of 2 nodes match (2 Insufficient nvidia.com/gpu); 4 in use by 2 other jobs of this installation',
    });
  });

  it('waits for a node in the words of the scheduler where it does not understand them', () => {
    const state = look(aJob(), [aPod({ status: unscheduled('running PreBind plugin: no') })]);
    expect(state).toEqual({ is: 'waiting', what: 'waits for a node: running PreBind plugin: no' });
  });

  it('waits in a queue while it is suspended', () => {
    const labels = { 'kueue.x-k8s.io/queue-name': 'gpus' };
    expect(look(aJob({ suspend: true, labels }))).toEqual({ is: 'waiting', what: 'waits in queue gpus' });
    expect(look(aJob({ suspend: true }))).toEqual({ is: 'waiting', what: 'is suspended' });
  });

  it('waits for another pod after a disruption, and runs when it is there', () => {
    const status: KubePodStatus = {
      ...ended(137),
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
    };
    const disrupted = aPod({ status });
    expect(look(aJob(), [disrupted])).toEqual({
      is: 'waiting',
      what: 'was disrupted (PreemptionByScheduler), waits for a new pod',
    });
    expect(look(aJob(), [disrupted, aPod({ status: { phase: 'Running' } })])).toEqual({ is: 'running' });
  });

  it.each([
    [
      'an image',
      waiting('ImagePullBackOff', 'not found'),
      'cannot get its image a:1 (ImagePullBackOff: not found)',
    ],
    [
      'a Secret',
      waiting('CreateContainerConfigError', 'no s'),
      'cannot start its container (CreateContainerConfigError: no s)',
    ],
  ])('is stuck for want of %s', (_, status, how) => {
    expect(look(aJob(), [aPod({ status })])).toEqual({ is: 'stuck', how, afterSeconds: 0 });
  });

  it('is stuck when a pod that is deleted does not go, as on a node that vanished', () => {
    const pod = aPod({ status: { phase: 'Running' }, deleted: true, nodeName: 'gpu-1' });
    expect(look(aJob(), [pod])).toEqual({
      is: 'stuck',
      how: 'has a pod that does not end: its node gpu-1 may be gone',
      afterSeconds: 30,
    });
  });

  it('runs while its container starts, and has no pod before one is made', () => {
    expect(look(aJob(), [aPod({ status: waiting('ContainerCreating') })])).toEqual({ is: 'running' });
    expect(look(aJob())).toEqual({ is: 'podless' });
  });
});
