import {
  protocolPresets,
  PlatformError,
  type Dataset,
  type Source,
  type Strategy,
  type Study,
} from '@palimpsest/contracts';
import type { Preprocessing } from '@palimpsest/contracts';

/** What a plan is made from. */
export interface PlanContext {
  study: Study;
  /** How often this study was submitted before: each submission looks at the files anew. */
  look: number;
  /** Images of each dataset where somebody counted them; only estimates depend on it. */
  images: Readonly<Record<string, number>>;
  /** GPUs that each training asks for. */
  gpus: number;
}

/** Images that an estimate assumes where nobody counted them. */
export const assumedImages = 1000;

/** The fold that a pre-training holds out to know when to stop. */
export const pretrainFold = 1;

/** Whether the source is drawn anew in each fold. */
export const isRandom = (source: Source): source is { random: true } => 'random' in source;

/** The dataset of a name, among targets and datasets that only serve as sources. */
export function datasetOf(study: Study, name: string): Dataset {
  const dataset = study.targets[name] ?? study.datasets[name];
  if (!dataset)
    throw new PlatformError('invalid', `study ${study.name}: no dataset or target is called "${name}"`);
  return dataset;
}

/** The target of a name. */
export function targetOf(study: Study, name: string): Dataset {
  const target = study.targets[name];
  if (!target) throw new PlatformError('invalid', `study ${study.name}: no target is called "${name}"`);
  return target;
}

/** The source of a name. */
export function sourceOf(study: Study, name: string): Source {
  const source = study.sources[name];
  if (!source) throw new PlatformError('invalid', `study ${study.name}: no source is called "${name}"`);
  return source;
}

/** Sources that are judged on a target: all but those pre-trained on its own images. */
export function sourcesJudgedOn(study: Study, target: string): string[] {
  const { path } = targetOf(study, target);
  return Object.entries(study.sources)
    .filter(([, source]) => !('pretrain' in source) || datasetOf(study, source.pretrain).path !== path)
    .map(([name]) => name);
}

/** How a source is trained on a target. A random start has nothing worth freezing. */
export function strategiesOf(study: Study, source: string): Strategy[] {
  return isRandom(sourceOf(study, source)) ? ['finetune'] : study.strategies;
}

/** How pixels are normalised for a source; a random start takes the protocol's. */
export function preprocessingOf(study: Study, name: string): Preprocessing {
  const source = sourceOf(study, name);
  return isRandom(source) ? protocolPresets[study.protocol].preprocessing : source.preprocessing;
}

/** Trainings of a fold that differ in their seeds: the first has none of its own. */
export function seedsOf({ training }: Study): { seed?: number }[] {
  return Array.from({ length: training.seeds ?? 1 }, (_, seed) => (seed === 0 ? {} : { seed }));
}

/** Training sets of a fold: all images, and the smaller ones of the study where all weights are trained at once. */
export function shotsOf({ training }: Study, strategy: Strategy): { shots?: number }[] {
  const smaller = strategy === 'finetune' ? (training.shots ?? []) : [];
  return [{}, ...smaller.map((shots) => ({ shots }))];
}

/** 1, 2, … up to the folds of a target. */
export function foldsOf(study: Study, target: string): number[] {
  return Array.from({ length: targetOf(study, target).split.folds }, (_, i) => i + 1);
}
