import { PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { KubernetesApi } from './kubernetes-api.js';
import type { KubeJob, KubeOwner } from './objects.js';
import { mayPass } from './persist.js';
import type { KubernetesPlace } from './place.js';

type Api = Pick<KubernetesApi, 'ownerOf'>;
type Place = Pick<KubernetesPlace, 'owner' | 'namespace'>;

/** How long a start waits for the answer. */
const CHECK_MS = 5000;

/**
 * Looks up what a Job that is made now goes with. Asked for each: a ConfigMap that was made anew is another owner, and
 * Kubernetes deletes what the former one owned.
 *
 * @returns undefined where Jobs have no owner
 * @throws PlatformError `unavailable` while it is not there
 */
export async function ownerNow(api: Api, { owner }: Place): Promise<KubeOwner | undefined> {
  if (owner === undefined) return undefined;
  const found = await api.ownerOf(owner);
  if (found) return found;
  const why = `its owner ConfigMap ${owner} is not there`;
  throw new PlatformError('unavailable', `waits, as no Job can be made: ${why}`);
}

/**
 * Makes sure that the owner is there, if the API server answers now. If not, each Job waits for it by itself.
 *
 * @param options.signal gives up
 * @throws PlatformError `invalid` where it is not there, `denied`; the signal's reason
 */
export async function checkOwner(
  api: Api,
  { owner, namespace }: Place,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  if (owner === undefined) return;
  try {
    if (await api.ownerOf(owner, AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS)]))) return;
  } catch (error) {
    signal.throwIfAborted();
    if (!mayPass(error)) throw error;
    log.warn({ err: error, owner }, 'could not look up who owns jobs');
    return;
  }
  const expected = `expected a ConfigMap ${owner} in namespace ${namespace}, found none`;
  throw new PlatformError('invalid', `JOBS_URL: owner: ${expected}`);
}

/** The same Job, to be deleted with its owner. */
export const withOwner = (job: KubeJob, owner: KubeOwner | undefined): KubeJob =>
  owner ? { ...job, metadata: { ...job.metadata, ownerReferences: [owner] } } : job;
