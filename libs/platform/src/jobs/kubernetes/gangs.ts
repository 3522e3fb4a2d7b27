import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@palimpsest/contracts';
import { LetGo, type Job } from '../jobs.js';
import { atIndex, indexOf, isUnwanted, taskLabel, tasksOf } from './indexed-job.js';
import { isFinished } from './job-state.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { jobName } from './manifest.js';
import type { KubeJob } from './objects.js';
import { persist } from './persist.js';
import type { KubernetesPlace } from './place.js';

/** What the search for a Job works with. */
export interface Search {
  api: Pick<KubernetesApi, 'list' | 'readJob'>;
  signal: AbortSignal;
  /** Hears why it takes long. */
  waits: (what: string) => void;
}

interface Gathering {
  coming: Set<string>;
  /** By `performance.now()`. */
  closesAt: number;
  /** Once nobody can come any more. */
  together?: readonly string[];
}

/** Decides which tasks share a Job: those of a gang that come in time. */
export class Gangs {
  readonly #place: KubernetesPlace;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(place: KubernetesPlace) {
    this.#place = place;
  }

  /**
   * Ids of the tasks that share a Job with this one: the Job that runs it already, else one that is to be made when the
   * others of its gang had time to come. Tasks that need something else are not waited for.
   *
   * @returns the same for each of them; undefined for a task that has a Job of its own
   * @throws the signal's reason when it is aborted before there is a Job
   */
  async together(job: Job, { api, signal, waits }: Search): Promise<readonly string[] | undefined> {
    const tell = (error: Error) => waits(messageOf(error));
    const look = () => this.#find(job, api);
    const found = await persist(look, { signal, tell }).catch((error: unknown) => {
      // What is cancelled is to be ended wherever it runs.
      if (signal.aborted && !(signal.reason instanceof LetGo)) return persist(look, { tell });
      throw error;
    });
    if (found) return severalOrNone(tasksOf(found));
    const { gangSeconds } = this.#place;
    if (gangSeconds === undefined || job.gang === undefined) return undefined;
    waits('waits for the others of its gang');
    return severalOrNone(await this.#gather(job, { waitMs: 1000 * gangSeconds, signal }));
  }

  /** The Job in which a task is still to come to its end. Without gangs its own is found by its name when it is made. */
  async #find(job: Job, api: Search['api']): Promise<KubeJob | undefined> {
    const { items } = await api.list('jobs', taskLabel(job.taskId));
    const shared = items.find((each) => isIn(each, job.taskId));
    if (shared || this.#place.gangSeconds === undefined) return shared;
    const own = await api.readJob(jobName(this.#place, job));
    return own && !isFinished(own) ? own : undefined;
  }

  async #gather(
    { gang, taskId, needs }: Job,
    { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  ): Promise<readonly string[]> {
    const key = JSON.stringify([gang, needs.cpus, needs.memoryBytes, needs.gpus]);
    const gathering = this.#gatherings.get(key) ?? {
      coming: new Set<string>(),
      closesAt: performance.now() + waitMs,
    };
    this.#gatherings.set(key, gathering);
    gathering.coming.add(taskId);
    await sleep(gathering.closesAt - performance.now(), undefined, { signal }).catch(() => {
      // Where the others have gone already, their Job is to be without this one.
      if (gathering.together) return;
      gathering.coming.delete(taskId);
      signal.throwIfAborted();
    });
    if (this.#gatherings.get(key) === gathering) this.#gatherings.delete(key);
    return (gathering.together ??= [...gathering.coming].sort());
  }
}

const severalOrNone = (taskIds: readonly string[]) => (taskIds.length > 1 ? taskIds : undefined);

function isIn(job: KubeJob, taskId: string): boolean {
  const index = indexOf(job, taskId);
  return !job.metadata?.deletionTimestamp && !isUnwanted(job, index) && !isFinished(atIndex(job, index));
}
