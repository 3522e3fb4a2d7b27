import type { Resources, TaskKind } from '@palimpsest/contracts';
import { exitCodes, type Job } from '../jobs.js';
import type {
  KubeContainer,
  KubeJob,
  KubeJobSpec,
  KubeOwner,
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
  /** What the Job goes with. */
  owner?: KubeOwner | undefined;
}

/** A week: waiting for a node counts. */
const LONGEST_SECONDS = 604_800;
/** An hour, to look at what went wrong. */
const KEPT_SECONDS = 3600;

/** Annotation that the process which follows a Job renews, so that one which nobody follows can be told. */
export const FOLLOWED = 'palimpsest/followed';

/** Name of the Job of a task: the same task has the same Job. */
export const jobName = ({ name }: KubernetesPlace, job: { kind: TaskKind; taskId: string }): string =>
  `${name}-${job.kind}-${job.taskId}`;

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
  const { place, templates, owner } = parts;
  const template = structuredClone(job.needs.gpus > 0 ? templates.gpu : templates.plain);
  const labels = {
    ...labelsOf(place),
    ...(place.queue && { 'kueue.x-k8s.io/queue-name': place.queue }),
    'palimpsest/kind': job.kind,
    'palimpsest/task-id': job.taskId,
  };
  const { metadata, spec } = template;
  return {
    ...template,
    metadata: {
      ...metadata,
      ...{ name: jobName(place, job), namespace: place.namespace },
      labels: { ...metadata?.labels, ...labels },
      ...(owner && { ownerReferences: [owner] }),
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
 * One pod that fails ends the Job: whoever sent the task counts its attempts and says why each failed. Pods that were
 * disrupted are no failure, so Kubernetes makes another at once and no attempt is counted.
 */
function specOf(spec: KubeJobSpec, filling: Filling): KubeJobSpec {
  const { place } = filling.parts;
  const { containers } = spec.template.spec ?? { containers: [] };
  const containerName = taskContainer(containers, place).name;
  const onExitCodes = { containerName, operator: 'In', values: [exitCodes.failed] };
  const rules = [
    { action: 'FailJob', onExitCodes },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ...(spec.podFailurePolicy?.rules ?? []),
  ];
  return {
    activeDeadlineSeconds: LONGEST_SECONDS,
    ttlSecondsAfterFinished: KEPT_SECONDS,
    ...spec,
    backoffLimit: 0,
    podFailurePolicy: { rules },
    ...(place.queue && { suspend: true }),
    template: podOf(spec.template, filling),
  };
}

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
  { place, environment }: ManifestParts,
): KubeContainer {
  return {
    ...container,
    args: ['work', job.kind, job.taskId],
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
