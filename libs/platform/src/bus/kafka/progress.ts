import { partitionKey, type Positions } from './kafka-client.js';

/** Up to where a partition was handled. */
export interface Handled {
  topic: string;
  partition: number;
  /** Of the next record. */
  offset: bigint;
}

/**
 * Collects what was handled and tells the broker from time to time: a request for each record would cost more than
 * delivering the last few again after a crash.
 */
export class Progress {
  readonly #commit: (handled: Handled[]) => Promise<void>;
  readonly #positions: Positions;
  readonly #open = new Map<string, Handled>();
  readonly #timer: NodeJS.Timeout;

  /** @param commit may reject, and is then asked again with what is new @param positions moved along with each record */
  constructor(commit: (handled: Handled[]) => Promise<void>, positions: Positions, everyMs = 250) {
    this.#commit = commit;
    this.#positions = positions;
    this.#timer = setInterval(() => void this.flush(), everyMs);
  }

  add(handled: Handled): void {
    const key = partitionKey(handled.topic, handled.partition);
    this.#positions.set(key, handled.offset);
    this.#open.set(key, handled);
  }

  /** Forgets what others read from now on. */
  keepOnly(isOurs: (handled: Handled) => boolean): void {
    for (const [key, handled] of this.#open) if (!isOurs(handled)) this.#open.delete(key);
  }

  /** Never rejects: what could not be committed is tried with the next. */
  async flush(): Promise<void> {
    if (this.#open.size === 0) return;
    const open = new Map(this.#open);
    this.#open.clear();
    try {
      await this.#commit([...open.values()]);
    } catch {
      for (const [key, handled] of open) if (!this.#open.has(key)) this.#open.set(key, handled);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
