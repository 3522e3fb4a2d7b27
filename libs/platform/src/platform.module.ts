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
import { HealthController } from './observe/health.controller.js';
import { Health } from './observe/health.js';
import { createLogger } from './observe/log.js';
import type { Store } from './store/store.js';
import { TaskRegistry } from './tasks/definitions.js';
import { TaskRunner } from './tasks/task-runner.js';
import { BUS, CONFIG, HEALTH, JOBS, LOGGER, STORE, TASK_REGISTRY, TASK_RUNNER } from './tokens.js';

const GIVEN_CONFIG = Symbol('Config that the program was started with');

const providers: FactoryProvider[] = [
  {
    provide: CONFIG,
    inject: [{ token: GIVEN_CONFIG, optional: true }],
    useFactory: (given?: Config) => given ?? loadConfig(),
  },
  { provide: LOGGER, inject: [CONFIG], useFactory: createLogger },
  { provide: HEALTH, useFactory: () => new Health() },
  { provide: TASK_REGISTRY, useFactory: () => new TaskRegistry() },
  { provide: STORE, inject: [CONFIG], useFactory: createUsableStore },
  { provide: BUS, inject: [CONFIG, LOGGER], useFactory: createBus },
  {
    provide: JOBS,
    inject: [CONFIG, STORE, TASK_REGISTRY, LOGGER],
    useFactory: (config: Config, store: Store, registry: TaskRegistry, log: Logger) =>
      createJobs(config, { store, log, definitionOf: (kind) => registry.get(kind) }),
  },
  {
    provide: TASK_RUNNER,
    inject: [CONFIG, STORE, JOBS],
    useFactory: (config: Config, store: Store, jobs: Jobs) =>
      new TaskRunner({ config, store, jobs, threads: createThreads(config) }),
  },
];

/**
 * Bus, store, jobs and what goes with them, by the tokens of `tokens.ts`, one of each in a process.
 * Shuts down in order: not ready; services stop consuming and drain (`beforeApplicationShutdown`); then the rest closes.
 */
@Module({
  controllers: [HealthController],
  providers,
  exports: providers.map(({ provide }) => provide),
})
export class PlatformModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(HEALTH) private readonly health: Health,
    @Inject(TASK_RUNNER) private readonly runner: TaskRunner,
    @Inject(BUS) private readonly bus: Bus,
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
    await this.runner.close();
    await this.bus.close();
  }
}

@Global()
@Module({})
class GivenConfigModule {}

@Module({})
class RootModule {}

/** A program of these modules with this configuration, for `NestFactory`. */
export function rootModule(config: Config, modules: Type[]): DynamicModule {
  const given = { provide: GIVEN_CONFIG, useValue: config };
  const configured = { module: GivenConfigModule, providers: [given], exports: [GIVEN_CONFIG] };
  return { module: RootModule, imports: [configured, PlatformModule, ...modules] };
}
