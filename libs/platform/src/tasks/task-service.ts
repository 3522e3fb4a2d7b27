import type { BeforeApplicationShutdown, OnApplicationBootstrap, Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Bus, Subscription } from '../bus/bus.js';
import type { Config } from '../config.js';
import { BUS, CONFIG, LOGGER, TASK_REGISTRY, TASK_RUNNER } from '../tokens.js';
import type { TaskRegistry } from './definitions.js';
import { TaskConsumer, type TaskConsumerParts } from './task-consumer.js';
import type { TaskRunner } from './task-runner.js';
import type { AnyTaskDefinition } from './task.js';

/** The tasks of one service: takes requests from its start to its shutdown, and hears which nobody wants any more. */
export class TaskService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #consumers: TaskConsumer[];
  readonly #bus: Bus;
  #cancelled: Subscription | undefined;

  constructor(definitions: readonly AnyTaskDefinition[], parts: TaskConsumerParts) {
    this.#consumers = definitions.map((definition) => new TaskConsumer(definition, parts));
    this.#bus = parts.bus;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#cancelled = await this.#bus.subscribe(['task.cancelled'], null, ({ message }) => {
      for (const id of message.taskIds) for (const consumer of this.#consumers) consumer.cancel(id);
      return Promise.resolve();
    });
    for (const consumer of this.#consumers) await consumer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await this.#cancelled?.close();
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
