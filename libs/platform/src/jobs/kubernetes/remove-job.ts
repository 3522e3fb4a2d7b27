import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { KubernetesApi } from './kubernetes-api.js';
import { isOwnedBy } from './objects.js';
import { persist } from './persist.js';

/** What a Job is deleted with. */
export interface RemovalParts {
  api: Pick<KubernetesApi, 'deleteJob' | 'readJob' | 'list'>;
  log: Logger;
  /** Between two looks whether it is gone. */
  lookMs: number;
  /** How long its pods may take to end; then the Job is deleted without waiting for them. */
  removalMs: number;
}

/**
 * Deletes a Job and waits until it is gone with its pods, however long the API server does not answer.
 *
 * @param uid of the one that is meant; without it, whichever has the name
 * @throws PlatformError `denied`
 */
export async function removeJob(
  name: string,
  { api, log, ...timing }: RemovalParts,
  uid?: string,
): Promise<void> {
  const began = performance.now();
  const meant = uid ?? (await reach(() => api.readJob(name)))?.metadata?.uid;
  if (meant === undefined) return;
  log.info({ job: name }, 'job is deleted');
  for (;;) {
    // A pod on a node that is gone never ends; it is Kubernetes' to clear away.
    const late = performance.now() - began > timing.removalMs;
    await reach(() => api.deleteJob({ name, uid: meant, propagation: late ? 'Background' : 'Foreground' }));
    const found = await reach(() => api.readJob(name));
    if (found?.metadata?.uid !== meant && (late || !(await hasPods()))) return;
    await sleep(timing.lookMs);
  }

  /** A pod that was made a moment before its Job was deleted may outlive it. */
  async function hasPods(): Promise<boolean> {
    const { items } = await reach(() => api.list('pods', `job-name=${name}`));
    return items.some((pod) => isOwnedBy(pod, meant as string));
  }

  function reach<T>(action: () => Promise<T>): Promise<T> {
    return persist(action, { tell: (err) => log.warn({ err, job: name }, 'cannot delete a job yet') });
  }
}
