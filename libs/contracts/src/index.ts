export {
  artifactRefSchema,
  treeRefSchema,
  treeListingSchema,
  manifestSchema,
  predictionsSchema,
  curvesSchema,
  type ArtifactRef,
  type TreeRef,
  type TreeListing,
  type Manifest,
  type ManifestImage,
  type Predictions,
  type Curves,
} from './artifacts.js';
export { engines, onnxOnProcessors, type EngineName, type EngineSettings } from './engine.js';
export { linearAlgebras, plainLinearAlgebra, type LinearAlgebraSettings } from './linear-algebra.js';
export { OutOfMemoryError, PlatformError, isRetryable, messageOf, type ErrorCode } from './errors.js';
export { protocolPresets, groupOfLayout, type Protocol } from './protocols.js';
export { withoutDefaults } from './recipe.js';
export {
  studyResultsSchema,
  modelSchema,
  type StudyResults,
  type TrainingAt,
  type Model,
} from './results.js';
export {
  layouts,
  architectures,
  preprocessings,
  measures,
  pairKinds,
  protocols,
  studySchema,
  datasetSchema,
  sourceSchema,
  registeredSourceSchema,
  splitSchema,
  type Study,
  type Dataset,
  type Source,
  type JudgedAs,
  type Strategy,
  type Stage,
  type Training,
  type Analysis,
  type Layout,
  type Architecture,
  type Preprocessing,
  type Measure,
  type PairKind,
  type ProtocolName,
} from './study.js';
export {
  tasks,
  taskKinds,
  startSchema,
  layerSimilaritySchema,
  resourcesSchema,
  type TaskKind,
  type TaskInput,
  type TaskOutput,
  type Start,
  type LayerSimilarity,
  type Resources,
} from './tasks.js';
export { decodeEvent, encodeEvent, SCHEMA_VERSION, type CloudEvent } from './envelope.js';
export {
  topics,
  topicNames,
  progressedSchema,
  finishedSchema,
  type Topic,
  type TopicDeclaration,
  type WorkerSeen,
  type Message,
  type TaskRequest,
  type Progressed,
  type Finished,
} from './topics.js';
