export { assignFolds, type Assignment, type Placement } from './assign-folds.js';
export { IngestionModule } from './ingestion.module.js';
export { expecting } from './layouts/folder.js';
export { readDataset, type LabelledDataset, type LabelledImage } from './read-dataset.js';
export {
  baseOf,
  negativeVariance,
  openWeights,
  requireSameNetwork,
  type ImportedBase,
  type OpenedWeights,
} from './read-weight-file.js';
export { definitions } from './tasks.js';
