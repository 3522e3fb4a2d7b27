import { messageOf } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { within } from './within.js';

/** What `/readyz` answers. `waitingFor` names what must come first, such as "broker" or "start". */
export interface Readiness {
  ready: boolean;
  waitingFor: string[];
}

/** What `/livez` answers. `stuck` names what only a new process would set going again. */
export interface Liveness {
  alive: boolean;
  stuck?: string[];
}

/** How patient health is, in milliseconds. */
export interface HealthOptions {
  /** A check that has not answered by then has failed. */
  limitMs?: number;
  /** For how long an answer is given again: whoever asks often does not ask the broker often. */
  cacheMs?: number;
  log?: Pick<Logger, 'warn' | 'info'>;
}

/**
 * What `/livez` and `/readyz` answer. Ready: it has started, is not shutting down, and everything that it registered a
 * check for answers. Alive: it answers at all, and nothing that it watches is stuck; that others are away is no reason
 * to start it anew.
 */
export class Health {
  readonly #waitingFor = new Set<string>();
  readonly #checks = new Map<string, () => Promise<unknown>>();
  readonly #watched = new Map<string, () => boolean>();
  readonly #failing = new Set<string>();
  readonly #options: Required<Omit<HealthOptions, 'log'>>;
  readonly #log: HealthOptions['log'];
  #checked: { atMs: number; failing: Promise<string[]> } | undefined;

  constructor({ log, ...options }: HealthOptions = {}) {
    this.#options = { limitMs: 1000, cacheMs: 2000, ...options };
    this.#log = log;
  }

  /** Not ready until `reached`, or ever again: "start", "shutdown". */
  waitFor(what: string): void {
    this.#waitingFor.add(what);
  }

  reached(what: string): void {
    this.#waitingFor.delete(what);
  }

  /** Not ready while this rejects, or does not answer. */
  check(what: string, ping: () => Promise<unknown>): void {
    this.#checks.set(what, ping);
  }

  /** Not alive while this says so: for what never comes to itself again. */
  watch(what: string, isStuck: () => boolean): void {
    this.#watched.set(what, isStuck);
  }

  get liveness(): Liveness {
    const stuck = [...this.#watched].filter(([, isStuck]) => isStuck()).map(([what]) => what);
    return stuck.length === 0 ? { alive: true } : { alive: false, stuck };
  }

  /** Never rejects, and answers within the limit of a check. */
  async readiness(): Promise<Readiness> {
    const failing = await this.#checkedLately();
    const waitingFor = [...this.#waitingFor, ...failing];
    return { ready: waitingFor.length === 0, waitingFor };
  }

  #checkedLately(): Promise<string[]> {
    const atMs = performance.now();
    if (!this.#checked || atMs - this.#checked.atMs > this.#options.cacheMs)
      this.#checked = { atMs, failing: this.#checkAll() };
    return this.#checked.failing;
  }

  async #checkAll(): Promise<string[]> {
    const all = await Promise.all([...this.#checks].map((check) => this.#fails(...check)));
    return all.filter((what) => what !== undefined);
  }

  async #fails(what: string, ping: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await within(this.#options.limitMs, what, ping);
      if (this.#failing.delete(what)) this.#log?.info({ what }, 'there again');
      return undefined;
    } catch (error) {
      if (!this.#failing.has(what)) this.#log?.warn({ what, err: error }, `not ready: ${messageOf(error)}`);
      this.#failing.add(what);
      return what;
    }
  }
}
