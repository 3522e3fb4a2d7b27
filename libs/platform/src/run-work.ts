import { availableParallelism } from 'node:os';
import { messageOf } from '@palimpsest/contracts';
import { loadConfig, type Config } from './config.js';
import { openStore } from './drivers.js';
import { exitCodes } from './jobs/jobs.js';
import { createLogger } from './observe/log.js';
import { definitionOf } from './tasks/definitions.js';
import type { AnyTaskDefinition } from './tasks/task.js';
import { work } from './tasks/work.js';

/**
 * The program of a job, `work <kind> <task-id>`: runs one task from the store, alone in this process.
 * SIGTERM, SIGINT and the end of the process that started it stop it; it keeps the state it saved.
 *
 * @returns the exit code: 0 done, 42 failed for good, 1 worth a retry
 * @throws PlatformError `invalid` for an unknown kind or setting
 */
export async function runWork(
  definitions: Iterable<AnyTaskDefinition>,
  [kind = '', taskId = '']: readonly string[],
  config: Config = loadConfig(),
): Promise<number> {
  const definition = definitionOf(definitions, kind);
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGTERM', abort).once('SIGINT', abort).once('disconnect', abort);
  process.channel?.unref();
  if ((process.connected as boolean | undefined) === false) abort();
  const threads = config.THREADS_PER_TASK ?? availableParallelism();
  const surroundings = {
    store: openStore(config.STORE_URL),
    threads,
    signal: stop.signal,
    log: createLogger(config),
  };
  return work(definition, taskId, surroundings);
}

/** Runs a job's program and leaves with its exit code, whatever native threads it left behind. */
export async function workAndExit(
  definitions: Iterable<AnyTaskDefinition>,
  args: readonly string[],
): Promise<never> {
  try {
    process.exit(await runWork(definitions, args));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(exitCodes.failed);
  }
}
