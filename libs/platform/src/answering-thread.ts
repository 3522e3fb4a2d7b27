import { Worker } from 'node:worker_threads';
import { builtUrl } from './built-url.js';

interface Waiting<A> {
  resolve: (answer: A) => void;
  reject: (error: unknown) => void;
}

/**
 * A thread that answers messages in the order in which they came. It starts with the first, and anew after it has died;
 * while nobody waits for it, it keeps no process from ending.
 */
export class AnsweringThread<Question, Answer> {
  readonly #module: URL;
  readonly #waiting: Waiting<Answer>[] = [];
  #worker: Worker | undefined;

  /** @param module posts one message for each that it gets: `new URL('./x-thread.js', import.meta.url)` */
  constructor(module: URL) {
    this.#module = module;
  }

  /** @param transfer memory that is handed over, not copied @throws the error that the thread died of */
  ask(question: Question, transfer: ArrayBuffer[] = []): Promise<Answer> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.ref();
      worker.postMessage(question, transfer);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL(builtUrl(this.#module.href)), { execArgv: [] });
    const fail = (error: unknown) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    worker.on('message', (answer: Answer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on('error', fail);
    worker.on('exit', () => {
      if (this.#worker === worker) fail(new Error(`thread ${this.#module.href} has ended`));
    });
    return worker;
  }
}
