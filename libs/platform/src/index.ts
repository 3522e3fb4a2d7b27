export type { TaskContext, TaskDefinition, AnyTaskDefinition } from './tasks/task.js';
export { Store, type StoreDriver, type Tree } from './store/store.js';
