import { MessageChannel, SHARE_ENV } from 'node:worker_threads';
import { PlatformError, messageOf } from '@palimpsest/contracts';
import type { Piscina } from 'piscina';
import { builtUrl } from '../built-url.js';
import type { Ending } from './ending.js';
import type { Progress } from './task-records.js';
import type { ThreadOrder } from './thread-order.js';

/** Who hears of a running task, and who may stop it. */
export interface Following {
  signal: AbortSignal;
  onProgress: (progress: Progress & { waits?: boolean }) => void;
}

/** Threads for tasks that run `here`, made when the first is wanted. */
export class ThreadPool {
  readonly #size: number;
  readonly #graceMs: number;
  #pool: Promise<Piscina> | undefined;

  /** @param graceMs between the request to stop and the end of the thread */
  constructor(size: number, graceMs = 5000) {
    this.#size = size;
    this.#graceMs = graceMs;
  }

  /** @throws PlatformError `unavailable` when the thread dies; the signal's reason when aborted */
  async run(order: ThreadOrder, { signal, onProgress }: Following): Promise<Ending> {
    signal.throwIfAborted();
    const { port1: ours, port2: theirs } = new MessageChannel();
    const kill = new AbortController();
    let force: NodeJS.Timeout | undefined;
    let started = false;
    ours.on('message', (progress: Progress) => {
      started = true;
      onProgress(progress);
    });
    const stop = () => {
      ours.postMessage('stop');
      force = setTimeout(() => kill.abort(), started ? this.#graceMs : 0);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#runOn(order, theirs, kill.signal);
    } catch (cause) {
      signal.throwIfAborted();
      const message = `${order.kind} ${order.taskId}: its thread ended: ${messageOf(cause)}`;
      throw new PlatformError('unavailable', message, { cause });
    } finally {
      clearTimeout(force);
      signal.removeEventListener('abort', stop);
      ours.close();
    }
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }

  async #runOn(order: ThreadOrder, port: MessageChannel['port2'], signal: AbortSignal): Promise<Ending> {
    this.#pool ??= openPool(this.#size);
    const pool = await this.#pool;
    const told = { ...order, module: builtUrl(order.module), port };
    return (await pool.run(told, { name: 'runOnThread', transferList: [port], signal })) as Ending;
  }
}

async function openPool(maxThreads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: builtUrl(new URL('./task-thread.js', import.meta.url).href),
    minThreads: 0,
    maxThreads,
    idleTimeout: 30_000,
    atomics: 'disabled',
    execArgv: [],
    // What a thread sets reaches the native libraries that it loads.
    env: SHARE_ENV,
  });
}
