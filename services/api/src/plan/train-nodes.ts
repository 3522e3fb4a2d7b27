import {
  withoutDefaults,
  type Dataset,
  type Start,
  type Strategy,
  type Study,
  type TaskInput,
  type TrainingAt,
} from '@palimpsest/contracts';
import {
  datasetOf,
  foldsOf,
  isRandom,
  preprocessingOf,
  pretrainFold,
  seedsOf,
  shotsOf,
  sourceOf,
  sourcesJudgedOn,
  strategiesOf,
  targetOf,
} from './context.js';
import type { PlanContext } from './context.js';
import { importEstimate, ingestEstimate, probeEstimate, trainEstimate } from './costs.js';
import { smallNeeds, trainNeeds } from './costs.js';
import { keys } from './keys.js';
import type { Estimate, Outputs, ResolvableNode } from './node.js';
import { deriveSeed } from './seed.js';

/** Weights of a source in a fold, and the nodes that must have put out something first. */
export interface PlannedStart {
  deps: string[];
  start(outputs: Outputs): Start;
}

/** Reads a dataset of the study. */
export function ingestNode(context: PlanContext, name: string): ResolvableNode<'ingest'> {
  const { study, look } = context;
  const dataset = datasetOf(study, name);
  const { layout, path, labels, unlabelled, imageSize, split } = dataset;
  return {
    key: keys.ingest(name),
    kind: 'ingest',
    deps: [],
    about: { kind: 'ingest', name },
    needs: smallNeeds,
    estimate: ingestEstimate(context, { name, dataset }),
    resolve: () => ({
      dataset: { layout, path, labels, unlabelled, imageSize, split },
      holdout: study.evaluation.holdout,
      look,
    }),
  };
}

/** What must be done once for a source: nothing, a file read, or a network trained. */
export function sourceNodes(
  context: PlanContext,
  name: string,
): (ResolvableNode<'import'> | ResolvableNode<'train'>)[] {
  const { study, look } = context;
  const source = sourceOf(study, name);
  if (isRandom(source)) return [];
  if ('pretrain' in source) return [pretrainNode(context, name, source.pretrain)];
  return [
    {
      key: keys.import(name),
      kind: 'import',
      deps: [],
      about: { kind: 'import', source: name },
      needs: smallNeeds,
      estimate: importEstimate(context),
      resolve: () => ({
        path: source.weights,
        architecture: study.network.architecture,
        ...(source.acceptDifferences && { acceptDifferences: true as const }),
        look,
      }),
    },
  ];
}

/** Every training of a target: source × strategy × size of the training set × fold × seed. */
export function trainNodes(context: PlanContext, target: string): ResolvableNode<'train'>[] {
  const { study } = context;
  const arms = sourcesJudgedOn(study, target).flatMap((source) =>
    strategiesOf(study, source).flatMap((strategy) =>
      shotsOf(study, strategy).map((shots) => ({ target, source, strategy, ...shots })),
    ),
  );
  return arms.flatMap((arm) =>
    foldsOf(study, target).flatMap((fold) =>
      seedsOf(study).map((seed) => trainNode(context, { ...arm, fold, ...seed })),
    ),
  );
}

/** Where a source starts from: a draw for this fold, or what its node put out. */
export function plannedStart(
  study: Study,
  name: string,
  at: { fold: number; draw: 'first' | 'second' },
): PlannedStart {
  const source = sourceOf(study, name);
  if (isRandom(source)) {
    const random = deriveSeed('start', at.draw, study.seeds.initialisation, at.fold);
    return { deps: [], start: () => ({ random }) };
  }
  if ('pretrain' in source) {
    const key = keys.pretrain(name);
    return { deps: [key], start: (outputs) => ({ weights: outputs.of('train', key).checkpoint }) };
  }
  const key = keys.import(name);
  return { deps: [key], start: (outputs) => ({ weights: outputs.of('import', key).weights }) };
}

function trainNode(
  context: PlanContext,
  about: TrainingAt & { strategy: Strategy },
): ResolvableNode<'train'> {
  const { study } = context;
  const { target: name, source, strategy, shots } = about;
  const dataset = targetOf(study, name);
  const random = isRandom(sourceOf(study, source));
  const stages = stagesOf(study, strategy, { random });
  return judgedNode(context, about, {
    estimate: trainEstimate(context, { name, dataset, shots }, stages),
    settings: {
      ...(shots === undefined ? driftOf(study) : { shots: drawnShots(study, about, shots) }),
      stages,
      dropout: random && !study.training.randomDropout ? 0 : study.training.dropout,
    },
  });
}

/** A linear head on each start: source × fold. */
export function probeNodes(context: PlanContext, target: string): ResolvableNode<'train'>[] {
  const { study } = context;
  if (!study.baselines?.linearProbe) return [];
  return sourcesJudgedOn(study, target).flatMap((source) =>
    foldsOf(study, target).map((fold) => probeNode(context, { target, source, fold })),
  );
}

function probeNode(
  context: PlanContext,
  at: Pick<TrainingAt, 'target' | 'source' | 'fold'>,
): ResolvableNode<'train'> {
  const dataset = targetOf(context.study, at.target);
  return judgedNode(
    context,
    { ...at, strategy: 'probe' },
    {
      estimate: probeEstimate(context, { name: at.target, dataset }),
      settings: { stages: [], augmentation: null, dropout: 0 },
    },
  );
}

/** What makes one training on a target another than the next. */
interface Judged {
  estimate: Estimate;
  settings: Pick<TaskInput<'train'>, 'stages' | 'dropout'> & Partial<TaskInput<'train'>>;
}

/** A network on a target, and what all of them have in common, however they learn. */
function judgedNode(
  context: PlanContext,
  about: TrainingAt,
  { estimate, settings }: Judged,
): ResolvableNode<'train'> {
  const { study } = context;
  const { target, source, strategy, fold } = about;
  const dataset = targetOf(study, target);
  const from = plannedStart(study, source, { fold, draw: 'first' });
  return {
    key: keys.train(about),
    kind: 'train',
    deps: [keys.ingest(target), ...from.deps],
    about: { kind: 'train', ...about },
    needs: trainNeeds(context, dataset),
    estimate,
    resolve: (outputs) => ({
      ...trainSettings(study, dataset, source),
      ...dataOf(outputs, target),
      ...{ start: from.start(outputs), strategy, fold },
      seeds: drawn(study, about),
      ...settings,
    }),
  };
}

function pretrainNode(context: PlanContext, source: string, on: string): ResolvableNode<'train'> {
  const { study } = context;
  const dataset = datasetOf(study, on);
  const stages: TrainStages = [
    { ...withoutDefaults(study.training.pretrain), trainable: 'all', keep: 'best' },
  ];
  return {
    key: keys.pretrain(source),
    kind: 'train',
    deps: [keys.ingest(on)],
    about: { kind: 'pretrain', source },
    needs: trainNeeds(context, dataset),
    estimate: trainEstimate(context, { name: on, dataset }, stages),
    resolve: (outputs) => {
      const data = dataOf(outputs, on);
      // Seeded by the images too: two sources that began from one draw would resemble each other for that alone.
      const random = deriveSeed('pretrain', study.seeds.initialisation, data.manifest.sha256);
      return {
        ...trainSettings(study, dataset, source),
        ...driftOf(study),
        ...data,
        start: { random },
        strategy: 'pretrain',
        fold: pretrainFold,
        stages,
        dropout: study.training.dropout,
        seeds: drawn(study, { fold: pretrainFold }),
      };
    },
  };
}

type TrainStages = TaskInput<'train'>['stages'];

function stagesOf(
  { training: { finetune, head: first } }: Study,
  strategy: Strategy,
  { random }: { random: boolean },
): TrainStages {
  const main = withoutDefaults(finetune);
  if (random) {
    delete main.frozenStages;
    delete main.topLayers;
  }
  const all = { ...main, trainable: 'all', keep: 'best' } as const;
  const head = { ...withoutDefaults(first), trainable: 'head', keep: 'last' } as const;
  return strategy === 'freeze' ? [head, all] : [all];
}

function trainSettings(study: Study, dataset: Dataset, source: string) {
  const { augmentation, lowMemory, onOutOfMemory } = study.training;
  return {
    architecture: study.network.architecture,
    preprocessing: preprocessingOf(study, source),
    imageSize: dataset.imageSize,
    batchSize: dataset.batchSize,
    augmentation: augmentation && { ...augmentation, horizontalFlip: dataset.horizontalFlip },
    lowMemory,
    ...(onOutOfMemory === 'accumulate' && { onOutOfMemory }),
  };
}

const driftOf = ({ training: { drift } }: Study) => (drift > 0 ? { drift } : {});

type Repeat = Pick<TrainingAt, 'fold' | 'seed'>;

/** The same heads and the same order of images for every source and strategy of a fold: only the start differs. */
function drawn({ seeds }: Study, repeat: Repeat) {
  return {
    head: deriveSeed('head', seeds.initialisation, ...which(repeat)),
    training: deriveSeed('training', seeds.training, ...which(repeat)),
  };
}

/** The same images for every source, and one seed for all sizes, so that the smaller sets lie within the larger. */
function drawnShots({ seeds }: Study, repeat: Repeat, perClass: number) {
  return { perClass, seed: deriveSeed('shots', seeds.training, ...which(repeat)) };
}

const which = ({ fold, seed }: Repeat) => (seed === undefined ? [fold] : [fold, seed]);

/** The images of a dataset as its ingestion put them out. */
export function dataOf(outputs: Outputs, dataset: string): Pick<TaskInput<'train'>, 'manifest' | 'pixels'> {
  const { manifest, pixels } = outputs.of('ingest', keys.ingest(dataset));
  return { manifest, pixels };
}
