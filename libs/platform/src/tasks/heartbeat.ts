import type { Progress } from './task-records.js';

/** How often a running task is heard of, in milliseconds. */
export interface Pace {
  /** At most this often, however much it has to say. */
  mostMs: number;
  /** At least this often, even with nothing new: its lease would end. */
  leastMs: number;
}

/** Tells of a task's progress from its start to its end. */
export class Heartbeat {
  readonly #tell: (progress: Progress) => void;
  readonly #pace: Pace;
  #latest: Progress = { done: 0 };
  #told: Progress | undefined;
  #toldAt = -Infinity;
  readonly #timer: NodeJS.Timeout;

  constructor(tell: (progress: Progress) => void, pace: Pace) {
    this.#tell = tell;
    this.#pace = pace;
    this.#timer = setInterval(() => this.#beat(), Math.min(pace.mostMs, pace.leastMs));
    this.#beat();
  }

  report(progress: Progress): void {
    this.#latest = progress;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const silentMs = performance.now() - this.#toldAt;
    if (this.#told === this.#latest && silentMs < this.#pace.leastMs) return;
    this.#told = this.#latest;
    this.#toldAt = performance.now();
    this.#tell(this.#latest);
  }
}
