import { createHash } from 'node:crypto';
import type { Resources, TaskKind } from '@palimpsest/contracts';
import { exitCodes, type Job } from '../jobs.js';
import { indexLabels } from './indexed-job.js';
import type {
  KubeContainer,
  KubeJob,
  KubeJobSpec,
  KubePodTemplate,
  KubeResources,
  KubeVariable,
} from './objects.js';
import type { KubernetesPlace } from './place.js';
import { quantityOf } from './quantity.js';
import type { JobTemplates } from './template.js';

/** What a Job is made of besides the task itself. */
export interface ManifestParts {
  place: KubernetesPlace;
  templates: JobTemplates;
  /** Variables that the process of the job must have. */
  environment: Record<string, string>;
  /** Ids of the tasks that share the Job, each at its index; that of the task alone where left out. */
  gang?: readonly string[] | undefined;
}

/** A week: waiting for a node counts. */
const LONGEST_SECONDS = 604_800;
/** The largest that Kubernetes takes. */
const UNLIMITED = 2 ** 31 - 1;
/** An hour, to look at what went wrong. */
const KEPT_SECONDS = 3600;

/** Annotation that the process which follows a Job renews, so that one which nobody follows can be told. */
export const FOLLOWED = 'palimpsest/followed';

/** Name of the Job of a task, or of the one that several share: the same tasks have the same Job. */
export function jobName(
  { name }: KubernetesPlace,
  { kind, taskId }: { kind: TaskKind; taskId: string },
  gang?: readonly string[],
): string {
  if (!gang) return `${name}-${kind}-${taskId}`;
  // Shorter than that of one task: the names of its pods' hosts have the index too, and as many characters at most.
  return `${name}-gang-${createHash('sha256').update(gang.join()).digest('hex').slice(0, 24)}`;
}

/** The labels of every Job and pod of an installation. */
const labelsOf = ({ name }: KubernetesPlace): Record<string, string> => ({
  'app.kubernetes.io/name': 'palimpsest',
  'app.kubernetes.io/instance': name,
  'app.kubernetes.io/component': 'job',
  'app.kubernetes.io/managed-by': 'palimpsest',
});

/** Selects the Jobs and pods of an installation. */
export const selectorOf = (place: KubernetesPlace): string =>
  Object.entries(labelsOf(place))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** The container of a template that runs the task. */
export function taskContainer(
  containers: readonly KubeContainer[],
  { container }: KubernetesPlace,
): KubeContainer {
  const found = container === undefined ? containers[0] : containers.find(({ name }) => name === container);
  if (!found) throw new Error(`no container ${container ?? ''}`);
  return found;
}

/** The Job of a task: the operator's template, with what only the program knows filled in. */
export function manifestOf(job: Job, parts: ManifestParts): KubeJob {
  const { place, templates, gang } = parts;
  const template = structuredClone(job.needs.gpus > 0 ? templates.gpu : templates.plain);
  const labels = {
    ...labelsOf(place),
    ...(place.queue && { 'kueue.x-k8s.io/queue-name': place.queue }),
    'palimpsest/kind': job.kind,
    ...(!gang && { 'palimpsest/task-id': job.taskId }),
  };
  const { metadata, spec } = template;
  return {
    ...template,
    metadata: {
      ...metadata,
      ...{ name: jobName(place, job, gang), namespace: place.namespace },
      labels: { ...metadata?.labels, ...labels, ...indexLabels(gang) },
    },
    spec: specOf(spec as KubeJobSpec, { job, labels, parts }),
  };
}

interface Filling {
  job: Job;
  labels: Record<string, string>;
  parts: ManifestParts;
}

/**
 * One pod that fails ends its task, and the Job where that is the only one: whoever sent the task counts its attempts and
 * says why each failed. Pods that were disrupted are no failure, so Kubernetes makes another at once and no attempt is
 * counted.
 */
function specOf(spec: KubeJobSpec, filling: Filling): KubeJobSpec {
  const { place, gang } = filling.parts;
  const { containers } = spec.template.spec ?? { containers: [] };
  const containerName = taskContainer(containers, place).name;
  const onExitCodes = { containerName, operator: 'In', values: [exitCodes.failed] };
  const rules = [
    { action: gang ? 'FailIndex' : 'FailJob', onExitCodes },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ...(spec.podFailurePolicy?.rules ?? []),
  ];
  return {
    activeDeadlineSeconds: LONGEST_SECONDS,
    ttlSecondsAfterFinished: KEPT_SECONDS,
    ...spec,
    ...(gang ? eachAtItsIndex(gang.length) : { backoffLimit: 0 }),
    podFailurePolicy: { rules },
    ...(place.queue && { suspend: true }),
    template: podOf(spec.template, filling),
  };
}

/** All at once, so that a queue lets all in or none; however many fail, the others go on. */
const eachAtItsIndex = (tasks: number) => ({
  ...{ completionMode: 'Indexed', completions: tasks, parallelism: tasks },
  ...{ backoffLimit: UNLIMITED, backoffLimitPerIndex: 0, maxFailedIndexes: tasks },
});

function podOf({ metadata, spec }: KubePodTemplate, { job, labels, parts }: Filling): KubePodTemplate {
  const { place } = parts;
  const { containers = [], ...rest } = spec ?? {};
  const ours = taskContainer(containers, place);
  return {
    metadata: { ...metadata, labels: { ...metadata?.labels, ...labels } },
    spec: {
      ...rest,
      restartPolicy: 'Never',
      ...(place.priorityClass && { priorityClassName: place.priorityClass }),
      containers: containers.map((each) => (each === ours ? containerOf(each, job, parts) : each)),
    },
  };
}

function containerOf(
  container: KubeContainer,
  job: Job,
  { place, environment, gang = [job.taskId] }: ManifestParts,
): KubeContainer {
  return {
    ...container,
    args: ['work', job.kind, ...gang],
    env: withVariables(container.env, environment),
    resources: resourcesOf(container.resources, job.needs, place.gpuResource),
  };
}

function withVariables(given: KubeVariable[] = [], variables: Record<string, string>): KubeVariable[] {
  const kept = given.filter(({ name }) => !(name in variables));
  return [...kept, ...Object.entries(variables).map(([name, value]) => ({ name, value }))];
}

/** What the plan says the task needs; of processors and memory more where the template says more. */
function resourcesOf(
  given: KubeResources = {},
  { cpus, memoryBytes, gpus }: Resources,
  gpuResource: string,
): KubeResources {
  const needed = { cpu: String(cpus), memory: String(memoryBytes) };
  const requests = { ...given.requests, ...largest(needed, given.requests) };
  const limits = { ...given.limits, ...largest(largest(needed, given.requests), given.limits) };
  const exact = gpus > 0 ? { [gpuResource]: String(gpus) } : {};
  return { ...given, requests: { ...requests, ...exact }, limits: { ...limits, ...exact } };
}

type Quantities = Record<string, string>;

/** Of each, the larger where it is given too. */
function largest(needed: Quantities, given: Quantities = {}): Quantities {
  const larger = ([name, value]: [string, string]) => {
    const other = given[name] ?? value;
    return [name, quantityOf(other) > quantityOf(value) ? other : value];
  };
  return Object.fromEntries(Object.entries(needed).map(larger)) as Quantities;
}
