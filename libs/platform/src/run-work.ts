import { availableParallelism } from 'node:os';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { engineSettings, linearAlgebraSettings, loadConfig, type Config } from './config.js';
import { createStore } from './drivers.js';
import { exitCodes } from './jobs/jobs.js';
import { carriedFrom } from './observe/carried.js';
import { createLogger, withLogFields } from './observe/log.js';
import type { StoreCall } from './observe/store-calls.js';
import { openTracing } from './observe/tracing.js';
import { definitionOf } from './tasks/definitions.js';
import { TaskLog } from './tasks/task-log.js';
import type { AnyTaskDefinition } from './tasks/task.js';
import { work, type WorkSurroundings } from './tasks/work.js';

/**
 * The program of a job, `work <kind> <task-id>…`: runs one task from the store, alone in this process. Of several it is
 * the one at JOB_COMPLETION_INDEX.
 * SIGTERM, SIGINT and the end of the process that started it stop it; it keeps the state it saved. Where JOB_LOG says
 * `store`, its log is kept there too.
 *
 * @returns the exit code: 0 done, 42 failed for good, 43 out of memory, 1 worth a retry
 * @throws PlatformError `invalid` for an unknown kind, setting or index
 */
export async function runWork(
  definitions: Iterable<AnyTaskDefinition>,
  [kind = '', ...taskIds]: readonly string[],
  config: Config = loadConfig(),
): Promise<number> {
  const definition = definitionOf(definitions, kind);
  const taskId = ownTask(taskIds, process.env.JOB_COMPLETION_INDEX);
  const signal = stopSignal();
  const threads = config.THREADS_PER_TASK ?? availableParallelism();
  const calls: StoreCall[] = [];
  const store = createStore(config, (call) => calls.push(call));
  const kept = process.env.JOB_LOG === 'store' ? new TaskLog(store, taskId) : undefined;
  const log = createLogger(config, [], kept && alsoTo(kept));
  const surroundings = {
    ...{ store, threads, signal, log },
    engine: engineSettings(config),
    linearAlgebra: linearAlgebraSettings(config),
  };
  const code = await traced(config, { definition, taskId, surroundings });
  await kept?.close().catch((error: unknown) => log.warn({ err: error }, 'could not keep the log'));
  await tellParent(calls);
  return code;
}

function ownTask(taskIds: readonly string[], index = ''): string {
  const found = taskIds.length === 1 ? taskIds[0] : taskIds[/^\d+$/.test(index) ? Number(index) : -1];
  if (found !== undefined) return found;
  const expected = `expected a whole number below ${taskIds.length}, the tasks of this job`;
  throw new PlatformError('invalid', `JOB_COMPLETION_INDEX: ${expected}, found "${index}"`);
}

/** Lines to stderr, and to the log that is kept. */
function alsoTo(kept: TaskLog): { write(line: string): void } {
  const write = (line: string) => {
    process.stderr.write(line);
    kept.add(line);
  };
  return { write };
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGTERM', abort).once('SIGINT', abort).once('disconnect', abort);
  process.channel?.unref();
  if ((process.connected as boolean | undefined) === false) abort();
  return stop.signal;
}

interface Job {
  definition: AnyTaskDefinition;
  taskId: string;
  surroundings: WorkSurroundings;
}

/** Works as a part of whatever started this process. */
async function traced(config: Config, { definition, taskId, surroundings }: Job): Promise<number> {
  const { kind } = definition;
  const { traceparent: parent, fields } = carriedFrom(process.env);
  const tracing = await openTracing(config, ['job'], surroundings.log);
  const attributes = { ...fields, taskId, kind };
  try {
    return await tracing.run(`job ${kind}`, { parent, attributes }, async (span) => {
      const code = await withLogFields(attributes, () => work(definition, taskId, surroundings));
      if (code !== exitCodes.done) span.fail(`ended with exit code ${code}`);
      return code;
    });
  } finally {
    await tracing.close();
  }
}

/** The process that started this one has the metrics. It may be gone. */
function tellParent(calls: StoreCall[]): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(calls, () => resolve());
    else resolve();
  });
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
