import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';
import type { BusRecord } from '../bus.js';

/** How much goes in one request, how long a record is tried, and the rest between two tries. */
export interface SenderOptions {
  /** All records of a request may go to one partition, and a broker refuses more than 1 MiB at once by default. */
  bytesAtOnce?: number;
  recordsAtOnce?: number;
  patienceMs?: number;
  restMs?: number;
}

interface Waiting {
  record: BusRecord;
  since: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Sends records in the order they came, one request at a time, each with all that came meanwhile: so a try that failed
 * never lets a later record of a key overtake an earlier one. A record may arrive twice, which the bus allows.
 */
export class Sender {
  readonly #send: (records: BusRecord[]) => Promise<void>;
  readonly #options: Required<SenderOptions>;
  readonly #queue: Waiting[] = [];
  #work: Promise<void> | undefined;
  #closed = false;

  /** @param send rejects with a PlatformError; only `unavailable` is tried again */
  constructor(send: (records: BusRecord[]) => Promise<void>, options: SenderOptions = {}) {
    this.#send = send;
    this.#options = {
      bytesAtOnce: 512 * 1024,
      recordsAtOnce: 1000,
      patienceMs: 30_000,
      restMs: 250,
      ...options,
    };
  }

  send(record: BusRecord): Promise<void> {
    if (this.#closed) return Promise.reject(new PlatformError('unavailable', 'the bus is closed'));
    return new Promise((resolve, reject) => {
      const copy = { ...record, value: Uint8Array.from(record.value) };
      this.#queue.push({ record: copy, since: Date.now(), resolve, reject });
      this.#work ??= this.#run();
    });
  }

  /** Sends what waits, takes no more. What the broker does not take at once is given up. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#work;
  }

  async #run(): Promise<void> {
    // Whoever publishes several in a row has them go together.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#sendFirst(this.#countFirst());
    this.#work = undefined;
  }

  #countFirst(): number {
    let [bytes, count] = [0, 0];
    for (const { record } of this.#queue) {
      bytes += record.value.length;
      if (count > 0 && (bytes > this.#options.bytesAtOnce || count === this.#options.recordsAtOnce)) break;
      count += 1;
    }
    return count;
  }

  async #sendFirst(count: number): Promise<void> {
    const batch = this.#queue.slice(0, count);
    try {
      await this.#send(batch.map(({ record }) => record));
      for (const { resolve } of this.#queue.splice(0, count)) resolve();
    } catch (error) {
      if (error instanceof PlatformError && error.code === 'unavailable') await this.#giveUpOrRest(error);
      else if (count > 1) await this.#sendEach(count);
      else this.#queue.shift()?.reject(error);
    }
  }

  /** One of several was refused: the others go without it. */
  async #sendEach(count: number): Promise<void> {
    const last = this.#queue[count - 1];
    while (last && this.#queue.includes(last)) await this.#sendFirst(1);
  }

  async #giveUpOrRest(error: PlatformError): Promise<void> {
    const since = Date.now() - this.#options.patienceMs;
    while (this.#queue[0] && (this.#closed || this.#queue[0].since <= since))
      this.#queue.shift()?.reject(error);
    if (this.#queue.length > 0) await sleep(this.#options.restMs);
  }
}
