export {
  Bus,
  type BusDriver,
  type BusRecord,
  type Delivery,
  type Lag,
  type Subscription,
} from './bus/bus.js';
export { MemoryBus } from './bus/memory-bus.js';
export {
  describeConfig,
  engineSettings,
  linearAlgebraSettings,
  loadConfig,
  settingsSchema,
  type Config,
  type SettingDescription,
} from './config.js';
export { createApp, listen } from './create-app.js';
export { migrate, migrationsTaken, type Migrations } from './database/migrate.js';
export { connectDatabase, openDatabase, serverVersion } from './database/open-database.js';
export { databaseNow, inTransaction } from './database/transaction.js';
export {
  createBus,
  createJobs,
  createStore,
  createUsableStore,
  openStore,
  type JobsParts,
} from './drivers.js';
export { InlineJobs } from './jobs/inline-jobs.js';
export { exitCodes, type Job, type Jobs } from './jobs/jobs.js';
export { limitShutdown } from './limit-shutdown.js';
export { examineKubernetes, type KubernetesExamination } from './jobs/kubernetes/examine-kubernetes.js';
export { permissionsIn } from './jobs/kubernetes/permissions.js';
export { ProcessJobs } from './jobs/process-jobs.js';
export { Health, type Liveness, type Readiness } from './observe/health.js';
export { createLogger, withLogFields, type LogFields } from './observe/log.js';
export { metricDefinitions, type MetricDefinition, type MetricName } from './observe/metric-definitions.js';
export { Metrics } from './observe/metrics.js';
export { noTracing, type Span, type SpanOptions, type Tracing } from './observe/tracing.js';
export { PlatformModule, rootModule } from './platform.module.js';
export { runMain } from './run-main.js';
export { runWork, workAndExit } from './run-work.js';
export { canonicalJson } from './store/canonical-json.js';
export {
  checkStore,
  removeOrphans,
  type Missing,
  type Orphan,
  type OrphanKind,
  type StoreCheck,
} from './store/check-store.js';
export { FileStore } from './store/file-store.js';
export { MemoryStore } from './store/memory-store.js';
export {
  Store,
  type Leftover,
  type StoreDriver,
  type StoreEntry,
  type Tree,
  type TreeFiles,
} from './store/store.js';
export { failureOf, type Ending } from './tasks/ending.js';
export {
  runTask,
  storedOutput,
  type Surroundings,
  type TaskOrder,
  type TaskResult,
} from './tasks/run-task.js';
export { taskId } from './tasks/task-id.js';
export { readTaskLog } from './tasks/task-log.js';
export { stateIn, TaskRecords, type Progress } from './tasks/task-records.js';
export { TaskService, taskService } from './tasks/task-service.js';
export type { AnyTaskDefinition, TaskContext, TaskDefinition } from './tasks/task.js';
export type { Opened } from './opened.js';
export { BUS, CONFIG, HEALTH, JOBS, LOGGER, METRICS, OPENED, STORE, TRACING } from './tokens.js';
