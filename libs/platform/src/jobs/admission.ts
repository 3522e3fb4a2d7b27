import { availableParallelism, freemem } from 'node:os';
import type { Resources } from '@palimpsest/contracts';

type Capacity = Pick<Resources, 'cpus' | 'memoryBytes'>;

/** What this machine has to give while nothing of ours runs. */
const machine = (): Capacity => ({ cpus: availableParallelism(), memoryBytes: availableMemory() });

/** Memory that can be had without swapping: caches count as free, and a container's limit counts. */
const availableMemory = () =>
  typeof process.availableMemory === 'function' ? process.availableMemory() : freemem();

interface Waiting {
  needs: Resources;
  admit: () => void;
}

/**
 * Lets as many in as fit the processors and the memory, in the order they came; one always fits.
 * What running ones need is counted as they asked for it: a process that just began does not use it yet.
 */
export class Admission {
  readonly #measure: () => Capacity;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Set<Resources>();
  #capacity: Capacity;

  constructor(measure: () => Capacity = machine) {
    this.#measure = measure;
    this.#capacity = measure();
  }

  /** Waits for room, then runs. A wait that is aborted throws the signal's reason. */
  async run<T>(needs: Resources, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    const held = { ...needs };
    await this.#enter(held, signal);
    try {
      return await action();
    } finally {
      this.#running.delete(held);
      this.#admit();
    }
  }

  #enter(needs: Resources, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
        this.#admit();
      };
      const admit = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { needs, admit };
      this.#waiting.push(entry);
      signal.addEventListener('abort', leave, { once: true });
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.needs); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#running.add(next.needs);
      next.admit();
    }
  }

  #fits(needs: Resources): boolean {
    if (this.#running.size === 0) {
      this.#capacity = this.#measure();
      return true;
    }
    const asked = [...this.#running, needs];
    const total = (key: keyof Capacity) => asked.reduce((sum, each) => sum + each[key], 0);
    return total('cpus') <= this.#capacity.cpus && total('memoryBytes') <= this.#capacity.memoryBytes;
  }
}
