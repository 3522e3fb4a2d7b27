import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, OutOfMemoryError, PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { LetGo, type Job } from '../jobs.js';
import { ApiFailure } from './api-failure.js';
import { atIndex, indexOf, indexOfPod, tasksOf } from './indexed-job.js';
import { withOwner } from './job-owner.js';
import { isFinished, newest, stateOf, type JobState } from './job-state.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { FOLLOWED, taskContainer } from './manifest.js';
import type { Mirror } from './mirror.js';
import { isOwnedBy, type KubeJob, type KubeOwner, type KubePod } from './objects.js';
import { persist } from './persist.js';
import type { KubernetesPlace } from './place.js';
import { Podless } from './podless.js';
import { removeJob } from './remove-job.js';
import { withdrawTask } from './withdraw-task.js';

/** How long things take, in milliseconds. */
export interface Timing {
  /** Between two looks at what is known of a job. */
  lookMs: number;
  /** How long a job may be stuck before it is given up. */
  stuckMs: number;
  /** How long a Job without a pod, or not seen yet, is left alone before somebody asks why, and between two times. */
  podlessMs: number;
  /** How long the pods of a Job that is deleted may take to end; then it is deleted without waiting for them. */
  removalMs: number;
}

/** What a run of a job works with. */
export interface JobRunParts {
  api: Pick<
    KubernetesApi,
    'createJob' | 'readJob' | 'deleteJob' | 'deletePod' | 'annotateJob' | 'list' | 'podLog' | 'eventsOf'
  >;
  place: KubernetesPlace;
  jobs: Pick<Mirror<'jobs'>, 'objects' | 'listedAt'>;
  pods: Pick<Mirror<'pods'>, 'objects'>;
  timing: Timing;
  log: Logger;
  /** Looks up what the Job is to go with, each time that one is made. */
  owner: () => Promise<KubeOwner | undefined>;
  /** Whether the task's output is in the store. */
  isDone: () => Promise<boolean>;
  /** Keeps what a pod said that came to a bad end. */
  keepLog: (text: string) => Promise<void>;
  /** Who follows the Job, and that they still do. */
  followed: () => string;
  /** Where tasks were taken out of Jobs that may yet be made: `name/index`. */
  withdrawn: Set<string>;
  /** Hears what the job waits for; undefined when it no longer does. */
  waits: (what: string | undefined) => void;
}

/**
 * One job from the making of its Kubernetes Job, or the adoption of one that is there, to its end. Of a Job that several
 * tasks share it sees and ends what is at the index of its own.
 */
export class JobRun {
  readonly #job: Job;
  readonly #manifest: KubeJob;
  readonly #parts: JobRunParts;
  readonly #signal: AbortSignal;
  readonly #name: string;
  readonly #index: string | undefined;
  readonly #podless: Podless;
  #uid = '';
  /** When the Job was known to exist, by `performance.now()`. */
  #begunAt = 0;
  #seen = false;
  /** When it was last known to exist without being seen. */
  #thereAt = 0;
  #stuckSince: number | undefined;

  constructor(job: Job, manifest: KubeJob, parts: JobRunParts, signal: AbortSignal) {
    this.#job = job;
    this.#manifest = manifest;
    this.#parts = parts;
    this.#signal = signal;
    this.#name = manifest.metadata?.name ?? '';
    this.#index = indexOf(manifest, job.taskId);
    this.#podless = new Podless(parts.api, parts.log, parts.timing.podlessMs);
  }

  /** As `Jobs.run`. */
  async toItsEnd(): Promise<'done' | 'failed'> {
    this.#parts.withdrawn.delete(this.#at(this.#index));
    try {
      return (await this.#begin()) ? await this.#follow() : 'done';
    } catch (error) {
      const reason: unknown = this.#signal.reason;
      // Whichever has the name: a call that was given up may have made one.
      if (this.#signal.aborted && !(reason instanceof LetGo)) await this.#end();
      this.#signal.throwIfAborted();
      throw error;
    }
  }

  /** @returns false where all is done already, by an earlier Job */
  async #begin(): Promise<boolean> {
    for (;;) {
      this.#signal.throwIfAborted();
      const made = await this.#persist(() => this.#create());
      if (made) {
        this.#begun(made, 'job made');
        return this.#withoutWithdrawn(made);
      }
      const found = await this.#persist(() => this.#parts.api.readJob(this.#name));
      if (!found) continue;
      if (isFinished(found) && (await this.#parts.isDone())) return false;
      if (!isFinished(found) && !found.metadata?.deletionTimestamp) {
        await this.#tellFollowed();
        return this.#begun(found, 'job adopted');
      }
      await this.#remove(found.metadata?.uid);
    }
  }

  #begun({ metadata }: KubeJob, how: string): true {
    this.#uid = metadata?.uid ?? '';
    this.#begunAt = this.#thereAt = performance.now();
    this.#parts.log.info({ job: this.#name }, how);
    return true;
  }

  /** Others of the gang may have been cancelled before the Job could be made. */
  async #withoutWithdrawn(made: KubeJob): Promise<true> {
    const indexes = tasksOf(made).map((_, index) => String(index));
    for (const index of indexes) if (this.#parts.withdrawn.has(this.#at(index))) await this.#withdraw(index);
    return true;
  }

  /** @returns undefined when there is one of the name */
  async #create(): Promise<KubeJob | undefined> {
    const manifest = withOwner(this.#manifest, await this.#parts.owner());
    try {
      return await this.#parts.api.createJob(manifest);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 409) return undefined;
      throw error;
    }
  }

  async #tellFollowed(): Promise<void> {
    const { api, followed, log } = this.#parts;
    await api.annotateJob(this.#name, { [FOLLOWED]: followed() }).catch((error: unknown) => {
      log.warn({ err: error, job: this.#name }, 'could not say that a job is followed');
    });
  }

  async #follow(): Promise<'done' | 'failed'> {
    for (;;) {
      this.#signal.throwIfAborted();
      const state = await this.#look();
      if (state.is === 'done' || state.is === 'failed') return state.is;
      if (state.is === 'lost') throw this.#lost(state);
      if (state.is === 'stuck') await this.#giveUpInTime(state);
      else this.#stuckSince = undefined;
      this.#parts.waits(state.is === 'waiting' ? state.what : undefined);
      await sleep(this.#parts.timing.lookMs, undefined, { signal: this.#signal });
    }
  }

  async #look(): Promise<JobState> {
    const { jobs, pods } = this.#parts;
    const job = jobs.objects.get(this.#name);
    if (job?.metadata?.uid !== this.#uid) return this.#unseen(jobs.listedAt);
    this.#seen = true;
    const state = this.#stateOf(job, [...pods.objects.values()]);
    if (state.is === 'podless') return this.#podless.stateOf(this.#name);
    return state.is === 'lost' || state.is === 'failed' ? this.#atItsEnd(job) : state;
  }

  /** What is known of it may be older than the Job. */
  async #unseen(listedAt: number): Promise<JobState> {
    if (!this.#seen && listedAt < this.#begunAt && (await this.#isThere())) return { is: 'running' };
    return { is: 'lost', how: `lost its Job ${this.#name}, which was deleted` };
  }

  /** Asked seldom: a Job that came and went between two looks would else be missed only when all are listed again. */
  async #isThere(): Promise<boolean> {
    if (performance.now() - this.#thereAt <= this.#parts.timing.podlessMs) return true;
    const found = await this.#persist(() => this.#parts.api.readJob(this.#name));
    this.#thereAt = performance.now();
    return found?.metadata?.uid === this.#uid;
  }

  /** The Job may be known to have failed before its pod's last state is. */
  async #atItsEnd(job: KubeJob): Promise<JobState> {
    const { items } = await this.#persist(() => this.#parts.api.list('pods', `job-name=${this.#name}`));
    const state = this.#stateOf(job, items);
    const last = newest(this.#own(items));
    if (state.is === 'lost' && last) await this.#keepLogOf(last);
    return state;
  }

  #stateOf(job: KubeJob, all: readonly KubePod[]): JobState {
    const { gpuResource } = this.#parts.place;
    const seen = atIndex(job, this.#index);
    return stateOf({ job: seen, pods: this.#own(all), all, container: this.#container, gpuResource });
  }

  #own(pods: readonly KubePod[]): KubePod[] {
    return pods.filter((pod) => isOwnedBy(pod, this.#uid) && indexOfPod(pod) === this.#index);
  }

  get #container(): string {
    return taskContainer(this.#manifest.spec?.template.spec?.containers ?? [], this.#parts.place).name;
  }

  async #giveUpInTime({ how, afterSeconds }: Extract<JobState, { is: 'stuck' }>): Promise<void> {
    this.#stuckSince ??= performance.now();
    const patienceMs = this.#parts.timing.stuckMs + afterSeconds * 1000;
    if (performance.now() - this.#stuckSince < patienceMs) return;
    await this.#end(this.#uid);
    throw this.#unavailable(how);
  }

  async #keepLogOf({ metadata }: KubePod): Promise<void> {
    const { api, log, keepLog } = this.#parts;
    try {
      const text = await api.podLog(metadata?.name ?? '', this.#container);
      if (text !== undefined) await keepLog(text);
    } catch (error) {
      log.warn({ err: error, pod: metadata?.name }, 'could not keep the log of a pod');
    }
  }

  /** Ends the task, and its Job with it unless others share that. */
  #end(uid?: string): Promise<void> {
    return this.#index === undefined ? this.#remove(uid) : this.#withdraw(this.#index);
  }

  async #withdraw(index: string): Promise<void> {
    const { api, log, timing, withdrawn } = this.#parts;
    withdrawn.add(this.#at(index));
    if (await withdrawTask(this.#name, index, { api, log, ...timing })) withdrawn.delete(this.#at(index));
  }

  #at(index = ''): string {
    return `${this.#name}/${index}`;
  }

  #remove(uid?: string): Promise<void> {
    const { api, log, timing } = this.#parts;
    return removeJob(this.#name, { api, log, ...timing }, uid);
  }

  #persist<T>(action: () => Promise<T>): Promise<T> {
    const tell = (error: PlatformError) => this.#parts.waits(messageOf(error));
    return persist(action, { signal: this.#signal, tell });
  }

  #lost({ how, outOfMemory }: Extract<JobState, { is: 'lost' }>): PlatformError {
    if (outOfMemory) return new OutOfMemoryError(`${this.#job.kind} ${this.#job.taskId} ${how}`);
    return this.#unavailable(how);
  }

  #unavailable(how: string): PlatformError {
    return new PlatformError('unavailable', `${this.#job.kind} ${this.#job.taskId} ${how}`);
  }
}
