import {
  artifactRefSchema,
  onnxOnProcessors,
  plainLinearAlgebra,
  PlatformError,
  tasks,
  treeRefSchema,
  type ArtifactRef,
  type EngineSettings,
  type LinearAlgebraSettings,
  type TaskInput,
  type TaskKind,
  type TaskOutput,
  type TreeRef,
} from '@palimpsest/contracts';
import { z } from 'zod';
import type { Store } from '../store/store.js';
import { TaskRecords, type Progress } from './task-records.js';
import type { AnyTaskDefinition, TaskContext, TaskDefinition } from './task.js';

/** One task to run. */
export interface TaskOrder {
  taskId: string;
  kind: TaskKind;
  input: unknown;
}

/** What a task is run with. */
export interface Surroundings {
  store: Store;
  threads: number;
  /** What is to run networks: ONNX Runtime on processors when left out. */
  engine?: EngineSettings;
  /** What is to compute similarities: the plain one when left out. */
  linearAlgebra?: LinearAlgebraSettings;
  signal: AbortSignal;
  progress: (progress: Progress) => void;
}

/** What a task made. `seconds` is null when it was there already. */
export interface TaskResult {
  output: TaskOutput<TaskKind>;
  seconds: number | null;
}

/**
 * Runs a task, unless its output is in the store with all the artifacts it names.
 * The output is written last, so a task that was cut off runs again, from its state if it saved one.
 *
 * @throws PlatformError `invalid` for an input that is not of the kind; whatever the task throws; the signal's reason
 */
export async function runTask(
  definition: AnyTaskDefinition,
  { taskId, input }: TaskOrder,
  surroundings: Surroundings,
): Promise<TaskResult> {
  const { store, signal } = surroundings;
  const stored = await storedOutput(definition.kind, taskId, store);
  if (stored) return { output: stored.output, seconds: null };
  const parsed = parseInput(definition.kind, input);
  signal.throwIfAborted();
  const records = new TaskRecords(store, taskId);
  const started = performance.now();
  // A definition and the input of its own kind: one type for all kinds cannot say that they match.
  const run = definition.run.bind(definition) as TaskDefinition['run'];
  const made = await run(parsed, contextOf(taskId, records, surroundings));
  const output = checkOutput(definition.kind, made);
  const seconds = (performance.now() - started) / 1000;
  await records.writeOutput({ output, seconds });
  await records.forget('state', 'error.json', 'progress.json', 'memory.json');
  return { output, seconds };
}

/** The output of a task that was done before, if it is of this version's shape and nothing it names is missing. */
export async function storedOutput(
  kind: TaskKind,
  taskId: string,
  store: Store,
): Promise<{ output: TaskOutput<TaskKind>; seconds: number } | undefined> {
  const found = await new TaskRecords(store, taskId).readOutput();
  if (!found) return undefined;
  const parsed = tasks[kind].output.safeParse(found.output);
  if (!parsed.success) return undefined;
  for (const ref of refsIn(parsed.data)) if (!(await store.has(ref))) return undefined;
  return { output: parsed.data, seconds: found.seconds };
}

/** Every artifact and tree that a task's input or output names, however deep. */
export function* refsIn(value: unknown): Iterable<ArtifactRef | TreeRef> {
  if (typeof value !== 'object' || value === null) return;
  const ref = z.union([artifactRefSchema, treeRefSchema]).safeParse(value);
  if (ref.success) yield ref.data;
  else for (const part of Object.values(value)) yield* refsIn(part);
}

function parseInput(kind: TaskKind, input: unknown): TaskInput<TaskKind> {
  const parsed = tasks[kind].input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new PlatformError('invalid', `input of ${kind}: ${z.prettifyError(parsed.error)}`);
}

function checkOutput(kind: TaskKind, made: unknown): TaskOutput<TaskKind> {
  const parsed = tasks[kind].output.safeParse(made);
  if (parsed.success) return parsed.data;
  throw new Error(`output of ${kind}: ${z.prettifyError(parsed.error)}`);
}

function contextOf(taskId: string, records: TaskRecords, surroundings: Surroundings): TaskContext {
  const { progress, ...rest } = surroundings;
  return {
    engine: onnxOnProcessors,
    linearAlgebra: plainLinearAlgebra,
    ...rest,
    taskId,
    progress: (done, message) => progress(message === undefined ? { done } : { done, message }),
    loadState: () => records.loadState(),
    saveState: (state) => records.saveState(state),
    outOfMemory: () => records.readOutOfMemory(),
  };
}
