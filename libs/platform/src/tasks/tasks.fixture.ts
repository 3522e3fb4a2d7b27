import { setTimeout as sleep } from 'node:timers/promises';
import { OutOfMemoryError, PlatformError, type TaskInput, type TaskOutput } from '@palimpsest/contracts';
import { workAndExit } from '../run-work.js';
import type { AnyTaskDefinition, TaskContext } from './task.js';

/** What the task does, by the seed of its input. It tells of some progress first. */
export const behaviours = {
  succeed: 1,
  failForGood: 2,
  failForNow: 3,
  waitForStop: 4,
  killItself: 5,
  exitWithLastWords: 6,
  neverListen: 7,
  runOutOfMemory: 8,
  abortForMemory: 9,
} as const;

async function run(
  { seed }: TaskInput<'compare'>,
  { store, threads, linearAlgebra, ...context }: TaskContext,
): Promise<TaskOutput<'compare'>> {
  context.progress(0.5, 'half');
  await sleep(50);
  if (seed !== behaviours.succeed) await misbehave(seed, context);
  return {
    layers: [],
    coefficients: await store.putJson('coefficients', { threads, linearAlgebra: linearAlgebra.name }),
  };
}

async function misbehave(
  seed: number,
  { signal, saveState }: Pick<TaskContext, 'signal' | 'saveState'>,
): Promise<void> {
  switch (seed) {
    case behaviours.failForGood:
      throw new RangeError('seed: expected 1, found 2');
    case behaviours.failForNow:
      throw new PlatformError('unavailable', 'no room');
    case behaviours.waitForStop:
      return sleep(60_000, undefined, { signal }).finally(() => saveState(Uint8Array.of(1)));
    case behaviours.killItself:
      process.kill(process.pid, 'SIGKILL');
      return;
    case behaviours.exitWithLastWords:
      console.error('last words');
      return process.exit(7);
    case behaviours.runOutOfMemory:
      throw new OutOfMemoryError('a batch did not fit');
    case behaviours.abortForMemory:
      console.error("terminate called after throwing an instance of 'std::bad_alloc'");
      return process.abort();
    default:
      // What it said of its progress must be out before it stops listening.
      await sleep(500);
      // Not for ever: a test that is cut off leaves nobody to end it.
      for (const end = performance.now() + 30_000; performance.now() < end;);
      return process.exit(7);
  }
}

/** One kind of task, for the specs of whatever runs tasks. */
export const definitions: AnyTaskDefinition[] = [
  { kind: 'compare', runs: 'as-job', module: import.meta.url, run },
];

if (import.meta.filename === process.argv[1]) await workAndExit(definitions, process.argv.slice(3));
