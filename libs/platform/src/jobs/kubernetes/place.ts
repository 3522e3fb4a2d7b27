import { PlatformError } from '@palimpsest/contracts';

/** Where Kubernetes Jobs are made, and what is filled into them besides what a task needs. */
export interface KubernetesPlace {
  namespace: string;
  /** Path of the YAML file that Jobs are made from. */
  template: string;
  /** Goes before the name of every Job and tells installations in one namespace apart. */
  name: string;
  /** The extended resource that a GPU is asked for by. */
  gpuResource: string;
  /** The container of the template that runs the task; the first where this is not given. */
  container?: string;
  /** Queue of Kueue that Jobs wait in. */
  queue?: string;
  priorityClass?: string;
  /** A ConfigMap that owns the Jobs: when it is deleted, as an uninstalled chart's is, Kubernetes deletes them too. */
  owner?: string;
  /** How long tasks of a gang are waited for after the first, to share a Job; each has its own where not given. */
  gangSeconds?: number;
}

const required = ['namespace', 'template'] as const;
const optional = ['name', 'gpuResource', 'container', 'queue', 'priorityClass', 'owner', 'gangSeconds'];
const options: readonly string[] = [...required, ...optional];

/** A name of a Job may have 63 characters: this, the kind of task and its id of 32. */
const MAX_NAME = 22;
const MAX_GANG_SECONDS = 600;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Reads a URL such as `kubernetes:?namespace=studies&template=/etc/palimpsest/job.yaml`.
 * @throws PlatformError `invalid`, naming the option, what was expected and what was found
 */
export function parseKubernetesUrl(text: string): KubernetesPlace {
  const { pathname, searchParams } = new URL(text);
  if (pathname !== '')
    throw invalid(`expected kubernetes:?namespace=<name>&template=<file>, found "${text}"`);
  const given = Object.fromEntries(searchParams);
  const unknown = Object.keys(given).find((option) => !options.includes(option));
  if (unknown !== undefined) throw invalid(`expected the options ${options.join(', ')}, found "${unknown}"`);
  const missing = required.find((option) => !given[option]);
  if (missing !== undefined) throw invalid(`expected ${missing}=, found none in "${text}"`);
  const { namespace = '', template = '', name = 'palimpsest', gpuResource = 'nvidia.com/gpu' } = given;
  if (!label.test(name) || name.length > MAX_NAME)
    throw invalid(
      `name: expected at most ${MAX_NAME} small letters, digits and "-", beginning and ending with a letter or digit, found "${name}"`,
    );
  const { container, queue, priorityClass, owner, gangSeconds } = given;
  return {
    ...{ namespace, template, name, gpuResource },
    ...(container && { container }),
    ...(queue && { queue }),
    ...(priorityClass && { priorityClass }),
    ...(owner && { owner }),
    ...(gangSeconds && { gangSeconds: secondsIn(gangSeconds) }),
  };
}

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_GANG_SECONDS) return seconds;
  throw invalid(`gangSeconds: expected 1 to ${MAX_GANG_SECONDS}, found "${text}"`);
}

const invalid = (problem: string) => new PlatformError('invalid', `JOBS_URL: ${problem}`);
