import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import { logFields } from '../../observe/log.js';
import { thisProcess } from '../../process-owner.js';
import type { Store } from '../../store/store.js';
import { storedOutput } from '../../tasks/run-task.js';
import { addToLog } from '../../tasks/task-log.js';
import type { Job, Jobs } from '../jobs.js';
import { connectKubernetes } from './connect.js';
import { Gangs } from './gangs.js';
import { checkOwner, ownerNow } from './job-owner.js';
import { JobRun, type Timing } from './job-run.js';
import { Keeper } from './keeper.js';
import type { KubernetesApi } from './kubernetes-api.js';
import { jobName, manifestOf, selectorOf } from './manifest.js';
import { Mirror } from './mirror.js';
import type { KubeJob } from './objects.js';
import { parseKubernetesUrl, type KubernetesPlace } from './place.js';
import { readTemplates, type JobTemplates } from './template.js';

/** What jobs are run with. */
export interface KubernetesJobsOptions {
  config: Pick<Config, 'JOBS_URL' | 'THREADS_PER_TASK' | 'LEASE_SECONDS'>;
  store: Store;
  log: Logger;
  /** More variables for the process of a job, asked for when it starts. */
  environment?: () => Record<string, string>;
  /** Where KUBECONFIG is looked up. */
  env?: NodeJS.ProcessEnv;
  timing?: Partial<Timing & KeepingTiming>;
  now?: () => Date;
}

interface KeepingTiming {
  /** How often this process says that it follows its Jobs, and looks for those that nobody follows. */
  keepMs: number;
  /** How long nobody must have followed a Job before it is deleted. */
  abandonedMs: number;
}

const usual = { lookMs: 500, stuckMs: 60_000, podlessMs: 10_000, removalMs: 120_000, keepMs: 30_000 };
const ABANDONED_MS = 600_000;

/** What is open while jobs can be run. */
interface Opened {
  api: KubernetesApi;
  jobs: Mirror<'jobs'>;
  pods: Mirror<'pods'>;
  keeping: NodeJS.Timeout;
}

/**
 * Runs each job as one Kubernetes Job, named by its task, or several of a gang as one, named by them all, so that a
 * process which is asked for a task whose Job is there already goes on with that one. Jobs outlive this process.
 */
export class KubernetesJobs implements Jobs {
  readonly #options: KubernetesJobsOptions;
  readonly #place: KubernetesPlace;
  readonly #templates: JobTemplates;
  readonly #timing: Timing & KeepingTiming;
  /** Names of Jobs by the tasks that they are followed for. */
  readonly #followedHere = new Map<string, string>();
  readonly #withdrawn = new Set<string>();
  readonly #gangs: Gangs;
  readonly #closing = new AbortController();
  #opened: Promise<Opened> | undefined;

  constructor(options: KubernetesJobsOptions, place: KubernetesPlace, templates: JobTemplates) {
    this.#options = options;
    this.#place = place;
    this.#templates = templates;
    const abandonedMs = Math.max(ABANDONED_MS, 10_000 * options.config.LEASE_SECONDS);
    this.#timing = { ...usual, abandonedMs, ...options.timing };
    this.#gangs = new Gangs(place);
  }

  async open(): Promise<void> {
    this.#opened ??= this.#open();
    await this.#opened;
  }

  async run(
    job: Job,
    signal: AbortSignal,
    waits: (what: string | undefined) => void = () => undefined,
  ): Promise<'done' | 'failed'> {
    signal.throwIfAborted();
    const { api, jobs, pods } = await (this.#opened ??= this.#open());
    const { store, log } = this.#options;
    const { taskId, kind } = job;
    const said = changesOnly(waits);
    const gang = await this.#gangs.together(job, { api, signal, waits: said });
    const parts = {
      ...{ api, jobs, pods, waits: said, place: this.#place, timing: this.#timing },
      log: log.child({ ...logFields(), taskId, kind }),
      owner: () => ownerNow(api, this.#place),
      isDone: async () => (await storedOutput(kind, taskId, store)) !== undefined,
      keepLog: (text: string) => addToLog(store, taskId, text),
      followed: () => this.#followed(),
      withdrawn: this.#withdrawn,
    };
    this.#followedHere.set(taskId, jobName(this.#place, job, gang));
    try {
      return await new JobRun(job, this.#manifestOf(job, gang), parts, signal).toItsEnd();
    } finally {
      this.#followedHere.delete(taskId);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const opened = await this.#opened?.catch(() => undefined);
    clearInterval(opened?.keeping);
    await Promise.all([opened?.jobs.close(), opened?.pods.close()]);
  }

  /** Does not wait until the API server is there: who is told to stop meanwhile must be able to. */
  async #open(): Promise<Opened> {
    const { log } = this.#options;
    const api = await connectKubernetes(this.#place, this.#options.env);
    await checkOwner(api, this.#place, { log, signal: this.#closing.signal });
    const labelSelector = selectorOf(this.#place);
    const jobs = new Mirror({ api, resource: 'jobs', labelSelector, log });
    const pods = new Mirror({ api, resource: 'pods', labelSelector, log });
    jobs.start();
    pods.start();
    const { abandonedMs, keepMs } = this.#timing;
    const followed = () => this.#followed();
    const followedHere = this.#followedHere;
    const keeper = new Keeper({ api, jobs, pods, followedHere, followed, abandonedMs, log });
    return { api, jobs, pods, keeping: setInterval(() => void keeper.round(), keepMs).unref() };
  }

  #followed(): string {
    const { host, pid } = thisProcess();
    return `${host}/${pid} ${(this.#options.now ?? (() => new Date()))().toISOString()}`;
  }

  #manifestOf(job: Job, gang: readonly string[] | undefined): KubeJob {
    const { config, environment = () => ({}) } = this.#options;
    const threads = String(config.THREADS_PER_TASK ?? job.needs.cpus);
    return manifestOf(job, {
      ...{ gang, place: this.#place, templates: this.#templates },
      environment: { ...environment(), THREADS_PER_TASK: threads, JOB_LOG: 'store' },
    });
  }
}

/** Says nothing twice. */
function changesOnly<T>(tell: (value: T | undefined) => void): (value: T | undefined) => void {
  let told: T | undefined;
  return (value) => {
    if (value !== told) tell(value);
    told = value;
  };
}

/**
 * Reads what `JOBS_URL` and the template that it names say. Nothing is asked of the cluster yet.
 * @throws PlatformError `invalid`
 */
export async function openKubernetesJobs(options: KubernetesJobsOptions): Promise<KubernetesJobs> {
  const place = parseKubernetesUrl(options.config.JOBS_URL);
  return new KubernetesJobs(options, place, await readTemplates(place));
}
