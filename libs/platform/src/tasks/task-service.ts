import { createRequire } from 'node:module';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Bus, Subscription } from '../bus/bus.js';
import type { Config } from '../config.js';
import { thisProcess } from '../process-owner.js';
import { BUS, CONFIG, LOGGER, TASK_REGISTRY, TASK_RUNNER } from '../tokens.js';
import type { TaskRegistry } from './definitions.js';
import { TaskConsumer, type TaskConsumerParts } from './task-consumer.js';
import type { TaskRunner } from './task-runner.js';
import type { AnyTaskDefinition } from './task.js';

/** How often a worker says that it is there. */
const SEEN_MS = 2000;
const { version: release } = createRequire(import.meta.url)('../../package.json') as { version: string };

/**
 * The tasks of one service: takes requests from its start to its shutdown, says what it could do and is doing, and
 * hears which tasks nobody wants any more.
 */
export class TaskService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #consumers: TaskConsumer[];
  /** Makes ready for jobs, where there are any. */
  readonly #open: () => Promise<void>;
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #worker: string;
  #cancelled: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(definitions: readonly AnyTaskDefinition[], parts: TaskConsumerParts) {
    this.#consumers = definitions.map((definition) => new TaskConsumer(definition, parts));
    const asJobs = definitions.some(({ runs }) => runs === 'as-job');
    this.#open = () => (asJobs ? parts.runner.open() : Promise.resolve());
    this.#bus = parts.bus;
    this.#log = parts.log;
    const { host, pid } = thisProcess();
    this.#worker = `${host}/${pid}/${definitions.map(({ kind }) => kind).join('+')}`;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#open();
    this.#cancelled = await this.#bus.subscribe(['task.cancelled'], null, ({ message }) => {
      const { taskIds, attempt, superseded } = message;
      for (const id of taskIds)
        for (const consumer of this.#consumers) consumer.cancel(id, attempt, superseded);
      return Promise.resolve();
    });
    for (const consumer of this.#consumers) await consumer.start();
    this.#timer = setInterval(() => void this.#show(), SEEN_MS);
    await this.#show();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#show(true);
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await this.#cancelled?.close();
  }

  /** One word that is lost does no harm. */
  async #show(stopping = false): Promise<void> {
    const kinds = this.#consumers.map(({ load }) => load);
    try {
      await this.#bus.publish('worker.seen', { worker: this.#worker, release, kinds, stopping });
    } catch (error) {
      this.#log.debug({ err: error }, 'could not say that this worker is there');
    }
  }
}

/**
 * Providers that make a module handle these tasks. The module must import `PlatformModule`.
 * A kind that this process handles already makes it refuse to start.
 */
export function taskService(definitions: readonly AnyTaskDefinition[]): Provider[] {
  const provide = Symbol(`TaskService of ${definitions.map(({ kind }) => kind).join(', ')}`);
  const useFactory = (registry: TaskRegistry, ...rest: [Bus, TaskRunner, Config, Logger]) => {
    for (const definition of definitions) registry.register(definition);
    const [bus, runner, config, log] = rest;
    return new TaskService(definitions, { bus, runner, config, log });
  };
  return [{ provide, useFactory, inject: [TASK_REGISTRY, BUS, TASK_RUNNER, CONFIG, LOGGER] }];
}
