import { onnxOnProcessors, plainLinearAlgebra } from '@palimpsest/contracts';
import { openStore, type TaskContext } from '@palimpsest/platform';

/** The context of a task, with a store of its own. */
export function aContext(overrides: Partial<TaskContext> = {}): TaskContext {
  return {
    taskId: 'a-task',
    store: openStore('memory:'),
    threads: 2,
    engine: onnxOnProcessors,
    linearAlgebra: plainLinearAlgebra,
    signal: new AbortController().signal,
    progress: () => undefined,
    loadState: () => Promise.resolve(undefined),
    outOfMemory: () => Promise.resolve(0),
    saveState: () => Promise.resolve(),
    ...overrides,
  };
}
