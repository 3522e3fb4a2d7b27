import type { Progress } from './task-records.js';

/** How often a running task is heard of, in milliseconds. */
export interface Pace {
  /** At most this often, however much it has to say. */
  mostMs: number;
  /** At least this often, even with nothing new: its lease would end. */
  leastMs: number;
}

/** What is done about a task that does not get on. */
export interface Stall {
  afterMs: number;
  tell: () => void;
}

/** Tells of a task's progress from its start to its end, and once if there is none for too long. */
export class Heartbeat {
  readonly #tell: (progress: Progress) => void;
  readonly #pace: Pace;
  readonly #stall: Stall | undefined;
  #movedAt = performance.now();
  #stalled = false;
  #latest: Progress = { done: 0 };
  #told: Progress | undefined;
  #toldAt = -Infinity;
  readonly #timer: NodeJS.Timeout;

  constructor(tell: (progress: Progress) => void, pace: Pace, stall?: Stall) {
    this.#tell = tell;
    this.#pace = pace;
    this.#stall = stall;
    this.#timer = setInterval(() => this.#beat(), Math.min(pace.mostMs, pace.leastMs));
    this.#beat();
  }

  /** To say the same again is no progress, but whoever waits for something is not expected to make any. */
  report({ waits = false, ...progress }: Progress & { waits?: boolean }): void {
    const { done, message } = this.#latest;
    const same = progress.done === done && progress.message === message;
    if (!same) this.#latest = progress;
    if (!same || waits) this.#movedAt = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#watch();
    const silentMs = performance.now() - this.#toldAt;
    if (this.#told === this.#latest && silentMs < this.#pace.leastMs) return;
    this.#told = this.#latest;
    this.#toldAt = performance.now();
    this.#tell(this.#latest);
  }

  #watch(): void {
    if (!this.#stall || this.#stalled || performance.now() - this.#movedAt < this.#stall.afterMs) return;
    this.#stalled = true;
    this.#stall.tell();
  }
}
