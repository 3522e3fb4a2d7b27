// What a job's process needs, and nothing that starts slowly: no framework, no database, no threads.
export { AnsweringThread } from './answering-thread.js';
export { linearAlgebraSettings, loadConfig, type Config } from './config.js';
export { openStore } from './drivers.js';
export { exitCodes } from './jobs/jobs.js';
export { runWork, workAndExit } from './run-work.js';
export { canonicalJson } from './store/canonical-json.js';
export { Store, type StoreDriver, type Tree, type TreeFiles } from './store/store.js';
export { runTask, type Surroundings, type TaskOrder, type TaskResult } from './tasks/run-task.js';
export { taskId } from './tasks/task-id.js';
export type { AnyTaskDefinition, TaskContext, TaskDefinition } from './tasks/task.js';
