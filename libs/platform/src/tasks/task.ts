import type {
  EngineSettings,
  LinearAlgebraSettings,
  TaskInput,
  TaskKind,
  TaskOutput,
} from '@palimpsest/contracts';
import type { Store } from '../store/store.js';

/** What a running task may use. It reads and writes only the store. */
export interface TaskContext {
  taskId: string;
  store: Store;
  /** Processor threads it may use; never changes a result. */
  threads: number;
  /** What is to run networks. */
  engine: EngineSettings;
  /** What is to compute similarities. */
  linearAlgebra: LinearAlgebraSettings;
  signal: AbortSignal;
  /** @param done share of the work in [0, 1] @param message a few words for a person, such as "epoch 3 of 20" */
  progress(done: number, message?: string): void;
  /** The state of an attempt that was cut off, as `saveState` last wrote it. */
  loadState(): Promise<Uint8Array | undefined>;
  /** Replaces the state, all or nothing. It is deleted when the task has its output. */
  saveState(state: Uint8Array): Promise<void>;
  /** How many attempts before this one ended for want of memory: killed, or by an OutOfMemoryError. */
  outOfMemory(): Promise<number>;
}

/**
 * One kind of task: a function from input to output.
 * `here` runs on a thread of the service's process, `as-job` in a process (or pod) of its own.
 * `module` is the URL of the module whose export `definitions` holds this definition, so that any process can load it.
 */
export interface TaskDefinition<K extends TaskKind = TaskKind> {
  kind: K;
  runs: 'here' | 'as-job';
  module: string;
  run(input: TaskInput<K>, context: TaskContext): Promise<TaskOutput<K>>;
  /** As often as memory ends an attempt, the next makes do with half, at no cost of an attempt; never where left out. */
  halvings?: (input: TaskInput<K>) => number;
}

/** Any definition, whatever its kind. */
export type AnyTaskDefinition = { [K in TaskKind]: TaskDefinition<K> }[TaskKind];
