import type { TaskKind } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { fileURLToPath } from 'node:url';
import { Bus, type BusDriver } from './bus/bus.js';
import { MemoryBus } from './bus/memory-bus.js';
import { engineSettings, linearAlgebraSettings, schemeOf, type Config } from './config.js';
import { InlineJobs } from './jobs/inline-jobs.js';
import type { Jobs } from './jobs/jobs.js';
import { ProcessJobs } from './jobs/process-jobs.js';
import { noObserver, type BusObserver } from './observe/bus-observer.js';
import { createLogger } from './observe/log.js';
import { measured, type StoreCall } from './observe/store-calls.js';
import { FileStore } from './store/file-store.js';
import { MemoryStore } from './store/memory-store.js';
import { parseS3Url, s3Credentials, type S3Environment } from './store/s3/location.js';
import { S3Store } from './store/s3-store.js';
import { Store, type StoreDriver } from './store/store.js';
import type { AnyTaskDefinition } from './tasks/task.js';
import { ThreadPool } from './tasks/thread-pool.js';

// The only switches on URL schemes. Nothing heavy is imported here: every job's process passes through.

type TellStoreCall = (call: StoreCall) => void;

/** What goes with a store's URL. */
export interface StoreOptions {
  /** Where credentials come from: they are no part of a URL. */
  env?: S3Environment;
  /** Hears of every call. */
  tell?: TellStoreCall;
}

/**
 * Opens the store at a URL such as `file:./data/store`; connects when it is first used.
 * @throws PlatformError `invalid` for an unknown scheme, or a URL or credentials that are not as they must be
 */
export function openStore(url: string, { env = process.env, tell }: StoreOptions = {}): Store {
  const driver = openStoreDriver(url, env);
  return new Store(tell ? measured(driver, tell) : driver);
}

function openStoreDriver(url: string, env: S3Environment): StoreDriver {
  switch (schemeOf('STORE_URL', url)) {
    case 'file:':
      return new FileStore(folderOf(url));
    case 'memory:':
      return new MemoryStore();
    case 's3:':
      return new S3Store(parseS3Url(url, env), { credentials: s3Credentials(env), caFile: env.S3_CA_FILE });
  }
}

/** What opens the store, out of all settings. */
export type StoreSettings = Pick<Config, 'STORE_URL'> & Partial<Pick<Config, S3Setting>>;
type S3Setting = 'S3_ACCESS_KEY' | 'S3_SECRET_KEY' | 'S3_CA_FILE';

/** Opens the store that `STORE_URL` names. */
export function createStore(config: StoreSettings, tell?: TellStoreCall): Store {
  const { STORE_URL, S3_ACCESS_KEY, S3_SECRET_KEY, S3_CA_FILE } = { ...process.env, ...config };
  const env = { ...process.env, S3_ACCESS_KEY, S3_SECRET_KEY, S3_CA_FILE };
  return openStore(STORE_URL, { env, ...(tell && { tell }) });
}

/** Opens the store that `STORE_URL` names, once it can be used. @throws PlatformError saying what stands in the way */
export async function createUsableStore(config: StoreSettings, tell?: TellStoreCall): Promise<Store> {
  const store = createStore(config, tell);
  await store.ping();
  return store;
}

/** Connects to the broker that `BUS_URL` names. */
export async function createBus(
  config: Config,
  log: Logger = createLogger(config),
  observer: BusObserver = noObserver,
): Promise<Bus> {
  return new Bus(await connect(config, log), log, { observer });
}

async function connect(config: Config, log: Logger): Promise<BusDriver> {
  switch (schemeOf('BUS_URL', config.BUS_URL)) {
    case 'memory:':
      return new MemoryBus();
    case 'kafka:': {
      const { connectKafka } = await import('./bus/kafka/connect-kafka.js');
      return connectKafka(config, { log });
    }
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

/** The place for jobs that `JOBS_URL` names. @throws PlatformError `invalid` for a URL or a template that is not as it must be */
export async function createJobs(
  config: Config,
  { store, definitionOf, ...parts }: JobsParts,
): Promise<Jobs> {
  switch (schemeOf('JOBS_URL', config.JOBS_URL)) {
    case 'process:':
      return new ProcessJobs({ config, ...parts });
    case 'inline:':
      return new InlineJobs(store, definitionOf, parts.log, {
        engine: engineSettings(config),
        linearAlgebra: linearAlgebraSettings(config),
      });
    case 'kubernetes:': {
      const { openKubernetesJobs } = await import('./jobs/kubernetes/kubernetes-jobs.js');
      return openKubernetesJobs({ config, store, ...parts });
    }
  }
}

/** Threads for tasks that run `here`; undefined where jobs, and so everything, run in this one. */
export function createThreads(config: Config): ThreadPool | undefined {
  switch (schemeOf('JOBS_URL', config.JOBS_URL)) {
    case 'process:':
    case 'kubernetes:':
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
