import type { Logger } from 'pino';
import { indexOfPod, isUnwanted } from './indexed-job.js';
import { isFinished } from './job-state.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { FOLLOWED } from './manifest.js';
import type { Mirror } from './mirror.js';
import { isLive, isOwnedBy, type KubeJob } from './objects.js';

/** What a keeper works with. */
export interface KeeperParts {
  api: Pick<KubernetesApi, 'annotateJob' | 'deleteJob' | 'deletePod'>;
  jobs: Pick<Mirror<'jobs'>, 'objects' | 'listedAt'>;
  pods: Pick<Mirror<'pods'>, 'objects'>;
  /** Names of the Jobs that this process follows, by the tasks that it follows them for. */
  followedHere: ReadonlyMap<string, string>;
  followed: () => string;
  /** How long a Job must be followed by nobody before it is deleted. */
  abandonedMs: number;
  log: Logger;
}

/** Knowledge older than this says nothing of who follows a Job: the API server was away, for the others too. */
const STALE_MS = 180_000;

/**
 * Says now and then that this process follows its Jobs, and deletes those that no process follows: their study was
 * cancelled while nobody was there to hear it. Each process measures by its own clock how long nothing was said.
 */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #silent = new Map<string, { said: string | undefined; since: number }>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** One round. Never rejects. */
  async round(): Promise<void> {
    try {
      const { api, followedHere, followed } = this.#parts;
      for (const name of new Set(followedHere.values()))
        await api.annotateJob(name, { [FOLLOWED]: followed() });
      await this.#deleteAbandoned();
      await this.#endUnwanted();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'could not look after jobs');
    }
  }

  async #deleteAbandoned(): Promise<void> {
    const { api, jobs, abandonedMs, log } = this.#parts;
    if (performance.now() - jobs.listedAt > STALE_MS) this.#silent.clear();
    for (const uid of this.#silent.keys())
      if (![...jobs.objects.values()].some(({ metadata }) => metadata?.uid === uid)) this.#silent.delete(uid);
    for (const [name, job] of jobs.objects) {
      const uid = job.metadata?.uid ?? '';
      if (this.#silentMs(name, uid, job) < abandonedMs) continue;
      log.warn({ job: name, abandonedMs }, 'a job that nobody follows is deleted');
      await api.deleteJob({ name, uid, propagation: 'Foreground' });
    }
  }

  /** A task that was taken out of its Job while that had no pod for it, as in a queue, may have got one since. */
  async #endUnwanted(): Promise<void> {
    const { api, jobs, pods } = this.#parts;
    for (const job of jobs.objects.values())
      for (const pod of pods.objects.values())
        if (isUnwanted(job, indexOfPod(pod)) && isOwnedBy(pod, job.metadata?.uid ?? '') && isLive(pod))
          await api.deletePod(pod.metadata?.name ?? '');
  }

  /** For how long nobody has said that they follow a Job. */
  #silentMs(name: string, uid: string, job: KubeJob): number {
    const said = job.metadata?.annotations?.[FOLLOWED];
    const before = this.#silent.get(uid);
    const followed = [...this.#parts.followedHere.values()].includes(name);
    const cared = followed || isFinished(job) || job.metadata?.deletionTimestamp;
    if (!before || before.said !== said || cared) {
      this.#silent.set(uid, { said, since: performance.now() });
      return 0;
    }
    return performance.now() - before.since;
  }
}
