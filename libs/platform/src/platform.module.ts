import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import type { Logger } from 'pino';
import type { Bus } from './bus/bus.js';
import { loadConfig, type Config } from './config.js';
import { createBus, createJobs, createThreads, createUsableStore } from './drivers.js';
import type { Jobs } from './jobs/jobs.js';
import { MeasuringBusObserver } from './observe/bus-observer.js';
import { carriedEnvironment } from './observe/carried.js';
import { HealthController } from './observe/health.controller.js';
import { Health } from './observe/health.js';
import { createLogger } from './observe/log.js';
import { MetricsController } from './observe/metrics.controller.js';
import { Metrics } from './observe/metrics.js';
import { observePlatform } from './observe/observe-platform.js';
import { ObservedRunner } from './observe/observed-runner.js';
import { openTracing, type Tracing } from './observe/tracing.js';
import { Opened } from './opened.js';
import type { Store } from './store/store.js';
import { TaskRegistry } from './tasks/definitions.js';
import { TaskRunner } from './tasks/task-runner.js';
import {
  BUS,
  CONFIG,
  HEALTH,
  JOBS,
  LOGGER,
  METRICS,
  OPENED,
  SERVICES,
  STORE,
  TASK_REGISTRY,
  TASK_RUNNER,
  TRACING,
} from './tokens.js';

const GIVEN_CONFIG = Symbol('Config that the program was started with');
const GIVEN_OPENED = Symbol('What the program has opened');
const GIVEN_SERVICES = Symbol('Names of the services that the program was started with');

const basics: FactoryProvider[] = [
  {
    provide: CONFIG,
    inject: [{ token: GIVEN_CONFIG, optional: true }],
    useFactory: (given?: Config) => given ?? loadConfig(),
  },
  {
    provide: SERVICES,
    inject: [{ token: GIVEN_SERVICES, optional: true }],
    useFactory: (given: string[] = []) => given,
  },
  {
    provide: OPENED,
    inject: [{ token: GIVEN_OPENED, optional: true }],
    useFactory: (given: Opened = new Opened()) => given,
  },
  { provide: LOGGER, inject: [CONFIG, SERVICES], useFactory: createLogger },
  { provide: METRICS, useFactory: () => new Metrics() },
  {
    provide: TRACING,
    inject: [OPENED, CONFIG, SERVICES, LOGGER],
    useFactory: (opened: Opened, ...settings: Parameters<typeof openTracing>) =>
      opened.keep(
        () => openTracing(...settings),
        (tracing) => tracing.close(),
      ),
  },
  { provide: HEALTH, inject: [LOGGER], useFactory: (log: Logger) => new Health({ log }) },
  { provide: TASK_REGISTRY, useFactory: () => new TaskRegistry() },
];

const ports: FactoryProvider[] = [
  {
    provide: STORE,
    inject: [CONFIG, METRICS],
    useFactory: (config: Config, metrics: Metrics) => createUsableStore(config, metrics.storeCall),
  },
  {
    provide: BUS,
    inject: [OPENED, CONFIG, LOGGER, METRICS, TRACING, HEALTH],
    useFactory: (opened: Opened, config: Config, log: Logger, ...observers: [Metrics, Tracing, Health]) =>
      opened.keep(
        () => createBus(config, log, new MeasuringBusObserver(...observers)),
        (bus) => bus.close(),
      ),
  },
  {
    provide: JOBS,
    inject: [CONFIG, STORE, TASK_REGISTRY, LOGGER, METRICS, TRACING],
    useFactory: (
      config: Config,
      store: Store,
      ...[registry, log, metrics, tracing]: [TaskRegistry, Logger, Metrics, Tracing]
    ) =>
      createJobs(config, {
        ...{ store, log, definitionOf: (kind) => registry.get(kind) },
        environment: () => carriedEnvironment(tracing),
        onStoreCall: metrics.storeCall,
      }),
  },
  {
    provide: TASK_RUNNER,
    inject: [OPENED, CONFIG, STORE, JOBS, METRICS, TRACING],
    useFactory: (
      opened: Opened,
      config: Config,
      store: Store,
      ...[jobs, metrics, tracing]: [Jobs, Metrics, Tracing]
    ) =>
      opened.keep(
        () => {
          const runner = new TaskRunner({ config, store, jobs, threads: createThreads(config) });
          return new ObservedRunner(runner, metrics, tracing);
        },
        (runner) => runner.close(),
      ),
  },
];

const observation: FactoryProvider = {
  provide: Symbol('Observation'),
  inject: [CONFIG, STORE, BUS, TASK_REGISTRY, HEALTH, METRICS],
  useFactory: (config: Config, store: Store, ...rest: [Bus, TaskRegistry, Health, Metrics]) => {
    const [bus, registry, health, metrics] = rest;
    observePlatform({ config, store, bus, registry, health, metrics });
    return {};
  },
};

const providers = [...basics, ...ports, observation];

/**
 * Bus, store, jobs and what goes with them, by the tokens of `tokens.ts`, one of each in a process.
 * Shuts down in order: not ready; services stop consuming and drain (`beforeApplicationShutdown`); then the rest closes.
 */
@Module({
  controllers: [HealthController, MetricsController],
  providers,
  exports: providers.map(({ provide }) => provide),
})
export class PlatformModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(HEALTH) private readonly health: Health,
    @Inject(OPENED) private readonly opened: Opened,
  ) {
    health.waitFor('start');
  }

  onApplicationBootstrap(): void {
    this.health.reached('start');
  }

  onModuleDestroy(): void {
    this.health.waitFor('shutdown');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.opened.close();
  }
}

@Global()
@Module({})
class GivenConfigModule {}

@Module({})
class RootModule {}

/** A program of these modules with this configuration, for `NestFactory`. @param opened what it opens, as it is made */
export function rootModule(config: Config, modules: Type[], opened = new Opened()): DynamicModule {
  const given = [
    { provide: GIVEN_CONFIG, useValue: config },
    { provide: GIVEN_OPENED, useValue: opened },
    { provide: GIVEN_SERVICES, useValue: serviceNames(modules) },
  ];
  const exports = [GIVEN_CONFIG, GIVEN_OPENED, GIVEN_SERVICES];
  const configured = { module: GivenConfigModule, providers: given, exports };
  return { module: RootModule, imports: [configured, PlatformModule, ...modules] };
}

/** What services are called where they are named: `ApiModule` is `api`. */
export const serviceNames = (modules: Type[]): string[] =>
  modules.map(({ name }) => name.replace(/Module$/, '').toLowerCase());
