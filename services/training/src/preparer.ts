import { Worker } from 'node:worker_threads';
import { builtUrl } from '@palimpsest/platform/work';
import { prepareImages, type Unprepared } from './batches.js';

/** Turns pixels into what a network takes: in this thread, or in one of its own, while this one trains. */
export interface Preparer {
  /** Batches come back in the order in which they were given. */
  prepare(batch: Unprepared): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Prepares in the caller's thread. */
export const preparesHere: Preparer = {
  prepare: (batch) => Promise.resolve(prepareImages(batch)),
  close: () => Promise.resolve(),
};

const program = new URL(builtUrl(new URL('./prepare-thread.js', import.meta.url).href));

/** Prepares in a thread of its own, which begins with the first batch. */
export class ThreadPreparer implements Preparer {
  #worker: Worker | undefined;
  readonly #waiting: { resolve: (images: Float32Array) => void; reject: (error: unknown) => void }[] = [];

  prepare(batch: Unprepared): Promise<Float32Array> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.postMessage(batch);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(program, { execArgv: [] });
    worker.on('message', (images: Float32Array) => this.#waiting.shift()?.resolve(images));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the thread that prepares images has ended')));
    return worker;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
