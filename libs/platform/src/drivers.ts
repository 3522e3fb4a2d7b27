import { PlatformError, type TaskKind } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { fileURLToPath } from 'node:url';
import { Bus, type BusDriver } from './bus/bus.js';
import { MemoryBus } from './bus/memory-bus.js';
import { schemeOf, type Config } from './config.js';
import { InlineJobs } from './jobs/inline-jobs.js';
import type { Jobs } from './jobs/jobs.js';
import { ProcessJobs } from './jobs/process-jobs.js';
import { noObserver, type BusObserver } from './observe/bus-observer.js';
import { createLogger } from './observe/log.js';
import { measured, type StoreCall } from './observe/store-calls.js';
import { FileStore } from './store/file-store.js';
import { MemoryStore } from './store/memory-store.js';
import { Store, type StoreDriver } from './store/store.js';
import type { AnyTaskDefinition } from './tasks/task.js';
import { ThreadPool } from './tasks/thread-pool.js';

// The only switches on URL schemes. Nothing heavy is imported here: every job's process passes through.

/**
 * Opens the store at a URL such as `file:./data/store`.
 *
 * @param tell hears of every call
 * @throws PlatformError `invalid` for an unknown scheme
 */
export function openStore(url: string, tell?: (call: StoreCall) => void): Store {
  const driver = openStoreDriver(url);
  return new Store(tell ? measured(driver, tell) : driver);
}

function openStoreDriver(url: string): StoreDriver {
  switch (schemeOf('STORE_URL', url)) {
    case 'file:':
      return new FileStore(folderOf(url));
    case 'memory:':
      return new MemoryStore();
    case 's3:':
      throw new PlatformError('invalid', 'STORE_URL: s3: has no driver yet');
  }
}

/** Opens the store that `STORE_URL` names. */
export const createStore = (config: Pick<Config, 'STORE_URL'>, tell?: (call: StoreCall) => void): Store =>
  openStore(config.STORE_URL, tell);

/** Connects to the broker that `BUS_URL` names. */
export async function createBus(
  config: Config,
  log: Logger = createLogger(config),
  observer: BusObserver = noObserver,
): Promise<Bus> {
  return new Bus(await connect(config), log, { observer });
}

function connect({ BUS_URL }: Config): Promise<BusDriver> {
  switch (schemeOf('BUS_URL', BUS_URL)) {
    case 'memory:':
      return Promise.resolve(new MemoryBus());
    case 'kafka:':
      return Promise.reject(new PlatformError('invalid', 'BUS_URL: kafka: has no driver yet'));
  }
}

/** What jobs in this thread need, and a log for those that are elsewhere. */
export interface JobsParts {
  store: Store;
  definitionOf: (kind: TaskKind) => AnyTaskDefinition;
  log: Logger;
  /** Variables for the process of a job, asked for when it starts. */
  environment?: () => Record<string, string>;
  /** Hears of the calls to the store that the process of a job made. */
  onStoreCall?: (call: StoreCall) => void;
}

/** Opens the place for jobs that `JOBS_URL` names. */
export function createJobs(config: Config, { store, definitionOf, ...parts }: JobsParts): Jobs {
  switch (schemeOf('JOBS_URL', config.JOBS_URL)) {
    case 'process:':
      return new ProcessJobs({ config, ...parts });
    case 'inline:':
      return new InlineJobs(store, definitionOf, parts.log);
  }
}

/** Threads for tasks that run `here`; undefined where jobs, and so everything, run in this one. */
export function createThreads(config: Config): ThreadPool | undefined {
  switch (schemeOf('JOBS_URL', config.JOBS_URL)) {
    case 'process:':
      return new ThreadPool(config.CONCURRENCY);
    case 'inline:':
      return undefined;
  }
}

/** The folder of a URL such as `file:./data`, `pglite:./data` or `file:///data`. */
export function folderOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return url.slice(url.indexOf(':') + 1);
}
