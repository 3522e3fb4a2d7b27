import type {
  Curves,
  JudgedAs,
  LayerSimilarity,
  Manifest,
  Model,
  PairKind,
  Predictions,
  Strategy,
  Study,
} from '@palimpsest/contracts';

/** What every number can be traced to. */
export interface Origin {
  taskId: string;
  version: number;
}

/** A dataset of the study, as it was frozen. */
export interface DatasetView {
  name: string;
  /** Of the ingestion. */
  version: number;
  isTarget: boolean;
  manifest: Manifest;
  manifestHash: string;
}

/** One of the trainings of a fold, which differ in their seeds alone. */
export interface SeedView extends Origin {
  seed: number;
  auc: number | null;
  accuracy: number;
  epochs: number;
  checkpointHash: string;
}

/** A network trained with one fold held out. With several seeds, curves, predictions and origin are of the first. */
export interface FoldView extends Origin {
  fold: number;
  /** Mean over seeds. */
  auc: number | null;
  /** Mean over seeds. */
  accuracy: number;
  curves: Curves;
  predictions: Predictions;
  seeds: SeedView[];
}

/** One source, judged one way, on one target: a cell of the table of AUC. */
export interface JudgedArm {
  target: string;
  source: string;
  strategy: JudgedAs;
  folds: FoldView[];
}

/** One that was trained. */
export interface Arm extends JudgedArm {
  strategy: Strategy;
}

/** The same on so many training images of each class. */
export interface ShotsArm extends Arm {
  shots: number;
}

/** A source whose weights came out of a file. */
export interface ImportView {
  source: string;
  /** Of the import. */
  version: number;
  weightsHash: string;
}

/** A source that was trained for this study. */
export interface PretrainingView extends Origin {
  source: string;
  dataset: string;
  auc: number | null;
  curves: Curves;
  checkpointHash: string;
}

/** Two networks compared layer by layer, in a fold or, where neither changes from fold to fold, once. */
export interface ComparisonView extends Origin {
  target: string;
  pair: PairKind;
  a: Model;
  b: Model;
  fold: number | null;
  layers: LayerSimilarity[];
  /** What computed, where it was not the plain linear algebra. */
  linearAlgebra: string | undefined;
}

/** Activations that were extracted of a network. */
export interface ExtractionView extends Origin {
  target: string;
  model: Model;
  fold: number | null;
  activationsHash: string;
}

/** Filters of the first convolution: height × width × channels × filters, last index fastest. */
export interface FilterBank extends ExtractionView {
  shape: [height: number, width: number, channels: number, filters: number];
  values: Float32Array | Float64Array;
}

/** All that the report tells, read from the store and put in order: targets and sources as the study names them, random last. */
export interface View {
  study: Study;
  targets: string[];
  sources: string[];
  /** Of the network, first to last: where drift and gradients are measured. */
  stages: readonly string[];
  datasets: DatasetView[];
  imports: ImportView[];
  pretrainings: PretrainingView[];
  arms: Arm[];
  /** Trained on fewer images, by their number. */
  shotsArms: ShotsArm[];
  /** Linear heads on the starts; none where the study asks for none. */
  probes: JudgedArm[];
  extractions: ExtractionView[];
  filters: FilterBank[];
  comparisons: ComparisonView[];
}

/** Whether a source is drawn anew in each fold. */
export function isRandom(study: Study, source: string): boolean {
  const found = study.sources[source];
  return found !== undefined && 'random' in found;
}

/** How often each network is trained in each fold. */
export function seedsOf({ training }: Study): number {
  return training.seeds ?? 1;
}

/** The strategy a source is trained with where the study asks for one: a random start has nothing worth freezing. */
export function strategyFor(study: Study, source: string, wanted: Strategy): Strategy {
  return isRandom(study, source) ? 'finetune' : wanted;
}

/** The strategy of figures that show one only: all weights at once, where the study has it. */
export function mainStrategy(study: Study): Strategy {
  return study.strategies.includes('finetune') ? 'finetune' : 'freeze';
}

/** The trainings of a source on a target, if there are any. */
export function armOf(view: View, target: string, source: string, wanted: Strategy): Arm | undefined {
  const strategy = strategyFor(view.study, source, wanted);
  return view.arms.find((arm) => arm.target === target && arm.source === source && arm.strategy === strategy);
}

/** Every two of some things, in order. */
export function couplesOf<T>(things: readonly T[]): [T, T][] {
  return things.flatMap((a, i) => things.slice(i + 1).map((b): [T, T] => [a, b]));
}

/** Random starts are trained in one way only, so what two of them show is told once. */
export function bothRandom({ study }: View, couple: readonly [string, string]): boolean {
  return couple.every((source) => isRandom(study, source));
}
