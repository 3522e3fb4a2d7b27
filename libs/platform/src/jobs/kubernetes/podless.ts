import type { Logger } from 'pino';
import type { JobState } from './job-state.js';
import type { KubernetesApi } from './kubernetes-api.js';

/** Finds out why a Job has no pod: over a quota, refused by a policy. Only events tell, so they are asked for seldom. */
export class Podless {
  #askedAt = performance.now();
  #why: string | undefined;

  /** @param patienceMs before the first time and between two */
  constructor(
    private readonly api: Pick<KubernetesApi, 'eventsOf'>,
    private readonly log: Logger,
    private readonly patienceMs: number,
  ) {}

  async stateOf(job: string): Promise<JobState> {
    if (performance.now() - this.#askedAt > this.patienceMs) await this.#ask(job);
    return this.#why === undefined
      ? { is: 'running' }
      : { is: 'waiting', what: `waits, as no pod can be made: ${this.#why}` };
  }

  async #ask(job: string): Promise<void> {
    this.#askedAt = performance.now();
    try {
      this.#why = (await this.api.eventsOf(job)).at(-1);
    } catch (error) {
      this.log.warn({ err: error, job }, 'cannot see why a job has no pod');
    }
  }
}
