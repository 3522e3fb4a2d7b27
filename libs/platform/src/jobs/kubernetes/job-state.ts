import { exitCodes } from '../jobs.js';
import type { KubeJob, KubePod } from './objects.js';
import { endOfPod, obstacleOf, statusOf } from './pod-end.js';

/** Where the Job of a task stands. The words go on from the name of the task. */
export type JobState =
  | { is: 'done' }
  | { is: 'failed' }
  /** Ended otherwise, which is worth a retry. */
  | { is: 'lost'; how: string; outOfMemory?: boolean }
  /** Something is in its way that waiting seldom mends; nothing is said of it before so long. */
  | { is: 'stuck'; how: string; afterSeconds: number }
  /** Has not begun, for want of something that others have. */
  | { is: 'waiting'; what: string }
  /** Waits for a pod that Kubernetes has not made. */
  | { is: 'podless' }
  | { is: 'running' };

/** What is known of a Job. */
export interface Known {
  job: KubeJob;
  /** Those that the Job made, in any order. */
  pods: readonly KubePod[];
  /** Name of the container that runs the task. */
  container: string;
  gpuResource: string;
  /** Every pod of this installation, for what else uses GPUs. */
  all: Iterable<KubePod>;
}

/** Whether a Job has come to its end, one way or the other. */
export const isFinished = (job: KubeJob): boolean => endCondition(job) !== undefined;

const endCondition = (job: KubeJob) =>
  job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );

/** What a Job's and its pods' states mean for its task. */
export function stateOf(known: Known): JobState {
  const { job, pods } = known;
  const end = endCondition(job);
  if (end?.type === 'Complete') return { is: 'done' };
  if (end) return stateOfFailed(known, end);
  if (job.spec?.suspend) return { is: 'waiting', what: queueOf(job) };
  const pod = newest(pods.filter(({ status }) => status?.phase !== 'Failed'));
  return pod ? stateOfPod(pod, known) : disruptedOr(pods);
}

function stateOfFailed(
  { job, pods, container }: Known,
  { reason, message = '' }: { reason?: string; message?: string },
): JobState {
  const exit = (pod: KubePod) => statusOf(pod, container)?.state?.terminated?.exitCode;
  const said = message.includes(`exit code ${exitCodes.failed} `);
  if (reason === 'PodFailurePolicy' && (said || pods.some((pod) => exit(pod) === exitCodes.failed)))
    return { is: 'failed' };
  if (reason === 'DeadlineExceeded')
    return {
      is: 'lost',
      how: `took longer than ${job.spec?.activeDeadlineSeconds ?? '?'} s (activeDeadlineSeconds)`,
    };
  const pod = newest(pods);
  return { is: 'lost', ...(pod ? endOfPod(pod, container) : { how: `lost its pod: ${message}` }) };
}

function queueOf(job: KubeJob): string {
  const queue = job.metadata?.labels?.['kueue.x-k8s.io/queue-name'];
  return queue === undefined ? 'is suspended' : `waits in queue ${queue}`;
}

/** A pod that was disrupted is replaced as soon as it is gone. */
function disruptedOr(pods: readonly KubePod[]): JobState {
  const disrupted = newest(pods)?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (!disrupted) return { is: 'podless' };
  return {
    is: 'waiting',
    what: `was disrupted (${disrupted.reason ?? 'no reason given'}), waits for a new pod`,
  };
}

function stateOfPod(pod: KubePod, known: Known): JobState {
  const { phase, conditions = [] } = pod.status ?? {};
  if (pod.metadata?.deletionTimestamp) return leaving(pod);
  if (phase !== 'Pending') return { is: 'running' };
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) return { is: 'waiting', what: waitOf(pod, unscheduled.message, known) };
  const obstacle = obstacleOf(pod);
  return obstacle === undefined ? { is: 'running' } : { is: 'stuck', how: obstacle, afterSeconds: 0 };
}

/** A pod that is being ended goes within its grace period, unless its node is gone. */
const leaving = ({ spec }: KubePod): JobState => ({
  is: 'stuck',
  how: `has a pod that does not end: its node ${spec?.nodeName ?? ''} may be gone`,
  afterSeconds: spec?.terminationGracePeriodSeconds ?? 0,
});

function waitOf(pod: KubePod, message = '', { gpuResource, all }: Known): string {
  const gpus = gpusOf(pod, gpuResource);
  const [, matching = '0', nodes, why = ''] =
    /^(\d+)\/(\d+) nodes are available: (.*?)\.? *(no new claims|preemption:|$)/.exec(message) ?? [];
  const reason =
    nodes === undefined ? message : `${matching} of ${nodes} nodes match (${why.replace(/\.$/, '')})`;
  if (gpus === 0) return `waits for a node: ${reason}`;
  const what = gpus === 1 ? 'a GPU' : `${gpus} GPUs`;
  return `waits for ${what}: ${reason}; ${used([...all], gpuResource)}`;
}

function used(pods: readonly KubePod[], gpuResource: string): string {
  const taken = pods
    .filter(
      ({ spec, status }) =>
        spec?.nodeName !== undefined && ['Pending', 'Running'].includes(status?.phase ?? ''),
    )
    .map((pod) => gpusOf(pod, gpuResource))
    .filter((gpus) => gpus > 0);
  const sum = taken.reduce((total, gpus) => total + gpus, 0);
  return `${sum} in use by ${taken.length} other ${taken.length === 1 ? 'job' : 'jobs'} of this installation`;
}

const gpusOf = ({ spec }: KubePod, gpuResource: string): number =>
  (spec?.containers ?? []).reduce(
    (sum, { resources }) => sum + Number(resources?.limits?.[gpuResource] ?? 0),
    0,
  );

const madeAt = ({ metadata }: KubePod) => metadata?.creationTimestamp ?? '';

/** The pod that was made last; the one that counts. */
export function newest(pods: readonly KubePod[]): KubePod | undefined {
  return [...pods].sort((a, b) => madeAt(a).localeCompare(madeAt(b))).at(-1);
}
