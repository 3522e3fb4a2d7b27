import { setTimeout as sleep } from 'node:timers/promises';
import { atIndex, INDEX, isUnwanted, tasksOf, unwanted } from './indexed-job.js';
import { isFinished } from './job-state.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { isLive, isOwnedBy, type KubeJob } from './objects.js';
import { persist } from './persist.js';
import { removeJob, type RemovalParts } from './remove-job.js';

/** What a task is taken out of a Job with. */
export type WithdrawalParts = RemovalParts & {
  api: Pick<KubernetesApi, 'annotateJob' | 'deletePod'>;
};

/**
 * Takes the task at an index out of a Job that several share, and waits until its pods have ended, however long the API
 * server does not answer. The Job is deleted with the last task that somebody wants.
 *
 * @returns whether there was such a Job
 * @throws PlatformError `denied`
 */
export async function withdrawTask(name: string, index: string, parts: WithdrawalParts): Promise<boolean> {
  const { api, log, lookMs, removalMs } = parts;
  const job = await reach(() => api.annotateJob(name, unwanted(index)));
  if (!job || isFinished(job)) return job !== undefined;
  const uid = job.metadata?.uid ?? '';
  if (!isWanted(job)) {
    await removeJob(name, parts, uid);
    return true;
  }
  const began = performance.now();
  log.info({ job: name, index }, 'task is taken out of its job');
  // A pod on a node that is gone never ends; it is Kubernetes' to clear away.
  while (performance.now() - began <= removalMs) {
    const { items } = await reach(() => api.list('pods', `job-name=${name},${INDEX}=${index}`));
    const left = items.filter((pod) => isOwnedBy(pod, uid) && isLive(pod));
    if (left.length === 0) break;
    for (const { metadata } of left)
      if (!metadata?.deletionTimestamp) await reach(() => api.deletePod(metadata?.name ?? ''));
    await sleep(lookMs);
  }
  return true;

  function reach<T>(action: () => Promise<T>): Promise<T> {
    return persist(action, { tell: (err) => log.warn({ err, job: name, index }, 'cannot end a task yet') });
  }
}

/** Whether somebody waits for the end of one of its tasks. */
const isWanted = (job: KubeJob): boolean =>
  tasksOf(job).some(
    (_, index) => !isUnwanted(job, String(index)) && !isFinished(atIndex(job, String(index))),
  );
