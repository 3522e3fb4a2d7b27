import type { Type } from '@nestjs/common';
import { messageOf } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Bus } from './bus/bus.js';
import { loadConfig } from './config.js';
import { createApp, listen } from './create-app.js';
import { limitShutdown } from './limit-shutdown.js';
import { workAndExit } from './run-work.js';
import type { AnyTaskDefinition } from './tasks/task.js';
import { BUS, LOGGER } from './tokens.js';

/**
 * The program of one service alone: `work <kind> <task-id>…` runs one task and leaves; anything else serves until
 * SIGTERM or SIGINT, with `/livez` and `/readyz` on HTTP_PORT.
 */
export async function runMain(module: Type, definitions: readonly AnyTaskDefinition[]): Promise<void> {
  const [command, ...args] = process.argv.slice(2);
  if (command === 'work') return workAndExit(definitions, args);
  try {
    const config = loadConfig();
    const app = await createApp(config, [module]);
    app.enableShutdownHooks();
    await listen(app, config);
    const log = app.get<Logger>(LOGGER);
    limitShutdown(config, log);
    log.info({ url: await app.getUrl(), host: config.HTTP_HOST }, 'listening');
    const { BUS_URL } = config;
    if (!app.get<Bus>(BUS).durable)
      log.warn({ BUS_URL }, 'no other process sees this bus: no request will come');
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
