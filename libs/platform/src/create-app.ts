import 'reflect-metadata';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { createLogger } from './observe/log.js';
import { Opened } from './opened.js';
import { rootModule, serviceNames } from './platform.module.js';

/**
 * A program of these modules, not started yet: `await listen(app, config)` starts it with its HTTP routes,
 * `await app.init()` without a port. `await app.close()` shuts it down in order, also where it could
 * not start. Where it cannot be made, what its parts had opened is closed.
 */
export async function createApp(config: Config, modules: Type[]): Promise<NestFastifyApplication> {
  // Event streams never end by themselves.
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const opened = new Opened();
  const root = rootModule(config, modules, opened);
  const logger = new NestLog(createLogger(config, serviceNames(modules)));
  try {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class
    const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
      logger,
      abortOnError: false,
    });
    logger.errorsAreThrown = false;
    return app;
  } catch (error) {
    await closing(() => opened.close());
    throw error;
  }
}

/**
 * Starts a program with its HTTP routes.
 *
 * @throws what keeps a part of it from starting; the others are closed by then
 */
export async function listen(
  app: NestFastifyApplication,
  { HTTP_PORT, HTTP_HOST }: Pick<Config, 'HTTP_PORT' | 'HTTP_HOST'>,
): Promise<void> {
  try {
    await app.listen(HTTP_PORT, HTTP_HOST);
  } catch (error) {
    await closing(() => app.close());
    throw error;
  }
}

/** What went wrong first is what is said. */
const closing = (close: () => Promise<void>) => close().catch(() => undefined);

/** Nest's own lines: what it says of itself interests only who debugs it. */
class NestLog implements LoggerService {
  /** While the program is made, whatever fails is thrown too, and said by whoever called. */
  errorsAreThrown = true;

  constructor(private readonly pino: Logger) {}

  log(message: unknown): void {
    this.pino.debug(String(message));
  }

  warn(message: unknown): void {
    this.pino.warn(String(message));
  }

  error(message: unknown, stack?: unknown): void {
    this.pino[this.errorsAreThrown ? 'debug' : 'error']({ stack }, String(message));
  }
}
