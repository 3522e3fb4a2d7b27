import type { KubeJob, KubePod } from './objects.js';

/** The index of its Job that a pod works at. */
export const INDEX = 'batch.kubernetes.io/job-completion-index';
const TASK = 'palimpsest/task-';
const UNWANTED = 'palimpsest/unwanted-';

/** Label of a Job that several tasks share: selects the one that a task is in. */
export const taskLabel = (taskId: string): string => `${TASK}${taskId}`;

/** Labels of a Job that several tasks share: the index of each. */
export const indexLabels = (taskIds: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(taskIds.map((taskId, index) => [taskLabel(taskId), String(index)]));

/** The index of a task in a Job that several share; undefined in a Job of its own. */
export const indexOf = ({ metadata }: KubeJob, taskId: string): string | undefined =>
  metadata?.labels?.[taskLabel(taskId)];

/** Ids of the tasks that share a Job, each at its index. */
export const tasksOf = ({ metadata }: KubeJob): string[] =>
  Object.entries(metadata?.labels ?? {})
    .filter(([key]) => key.startsWith(TASK) && key !== `${TASK}id`)
    .sort(([, a], [, b]) => Number(a) - Number(b))
    .map(([key]) => key.slice(TASK.length));

/** Annotation of a Job that says of an index that nobody wants its task any more. */
export const unwanted = (index: string): Record<string, string> => ({ [`${UNWANTED}${index}`]: 'yes' });

/** Whether a pod works at an index of its Job that nobody wants any more. */
export const isUnwanted = ({ metadata }: KubeJob, index = ''): boolean =>
  metadata?.annotations?.[`${UNWANTED}${index}`] !== undefined;

/** The index that a pod works at; undefined in a Job of one task. */
export const indexOfPod = ({ metadata }: KubePod): string | undefined => metadata?.labels?.[INDEX];

/** A Job as the task at one index has it: the end of that index, where it has come to one, is its end. */
export function atIndex(job: KubeJob, index: string | undefined): KubeJob {
  const { completedIndexes = '', failedIndexes = '' } = job.status ?? {};
  if (index === undefined) return job;
  const end = (type: 'Complete' | 'Failed') => {
    const condition = { type, status: 'True', reason: 'PodFailurePolicy', message: `index ${index} failed` };
    return { ...job, status: { ...job.status, conditions: [condition] } };
  };
  if (holds(completedIndexes, Number(index))) return end('Complete');
  return holds(failedIndexes, Number(index)) ? end('Failed') : job;
}

/** @param indexes such as `0,2-4,7` */
const holds = (indexes: string, index: number): boolean =>
  indexes.split(',').some((range) => {
    const [first = '', last = first] = range.split('-');
    return first !== '' && Number(first) <= index && index <= Number(last);
  });
