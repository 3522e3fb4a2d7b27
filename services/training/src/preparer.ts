import { AnsweringThread } from '@palimpsest/platform/work';
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

/** Prepares in a thread of its own, which begins with the first batch. */
export class ThreadPreparer implements Preparer {
  readonly #thread = new AnsweringThread<Unprepared, Float32Array>(
    new URL('./prepare-thread.js', import.meta.url),
  );

  prepare(batch: Unprepared): Promise<Float32Array> {
    return this.#thread.ask(batch);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
