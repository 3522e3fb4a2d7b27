import { curvesSchema, manifestSchema, PlatformError, predictionsSchema } from '@palimpsest/contracts';
import type { StudyResults } from '@palimpsest/contracts';
import { readNpy } from '@palimpsest/formats';
import { prototypeNetwork } from '@palimpsest/networks';
import { mean } from '@palimpsest/numerics';
import type { Store } from '@palimpsest/platform';
import { groupBy } from './group-by.js';
import {
  isRandom,
  type Arm,
  type DatasetView,
  type ExtractionView,
  type FilterBank,
  type FoldView,
  type ImportView,
  type JudgedArm,
} from './view.js';
import type { ComparisonView, PretrainingView, SeedView, ShotsArm, View } from './view.js';

/** The fold whose networks the figure of filters shows. */
const shownFold = 1;

/**
 * Reads every artifact that the report tells of.
 *
 * @throws PlatformError `not-found` or `corrupt` when an artifact is not what its reference says
 */
export async function collect(results: StudyResults, store: Store, signal: AbortSignal): Promise<View> {
  const { study } = results;
  const datasets = await each(results.datasets, signal, (d) => readDataset(d, results, store));
  const pretrainings = await each(results.pretrainings, signal, (p) => readPretraining(p, results, store));
  const ofFolds = groupBy(results.trainings, ({ target, source, strategy, shots, fold }) =>
    [target, source, strategy, shots, fold].join('/'),
  );
  const folds = await each([...ofFolds.values()], signal, async (seeds) => ({
    at: seeds[0] as From<'trainings'>,
    fold: await readFold(seeds, store),
  }));
  const extractions = results.extractions.map(readExtraction);
  const shown = results.extractions.filter(
    ({ model, fold }) => model.draw === 'first' && (fold ?? shownFold) === shownFold,
  );
  const filters = await each(shown, signal, (extraction) => readFilters(extraction, store));
  const known = Object.keys(study.sources);
  const sources = [...known.filter((s) => !isRandom(study, s)), ...known.filter((s) => isRandom(study, s))];
  const order = { targets: Object.keys(study.targets), sources, strategies: study.strategies };
  const { stages } = prototypeNetwork(study.network.architecture);
  const arms = sorted(armsOf(folds), (arm) => [...placeOf(arm, order), arm.shots ?? 0]);
  return {
    study,
    targets: order.targets,
    ...{ sources, stages },
    datasets: sorted(datasets, (d) => [d.isTarget ? 0 : 1, order.targets.indexOf(d.name)]),
    imports: sorted(results.imports.map(readImport), ({ source }) => [sources.indexOf(source)]),
    pretrainings: sorted(pretrainings, (p) => [sources.indexOf(p.source)]),
    arms: arms.filter((arm) => arm.strategy !== 'probe' && arm.shots === undefined) as Arm[],
    shotsArms: arms.filter((arm) => arm.shots !== undefined) as ShotsArm[],
    probes: arms.filter((arm) => arm.strategy === 'probe'),
    extractions: sorted(extractions, (e) => [
      ...placeOf({ target: e.target, ...e.model }, order),
      e.fold ?? 0,
    ]),
    filters: sorted(filters, (f) => placeOf({ target: f.target, ...f.model }, order)),
    comparisons: sorted(readComparisons(results), (c) => comparisonPlace(c, order)),
  };
}

interface Order {
  targets: string[];
  sources: string[];
  strategies: readonly string[];
}

function placeOf(at: { target: string; source: string; strategy: string | null }, order: Order): number[] {
  const strategy = at.strategy === null ? -1 : order.strategies.indexOf(at.strategy);
  return [order.targets.indexOf(at.target), order.sources.indexOf(at.source), strategy];
}

function comparisonPlace({ target, a, b, fold }: ComparisonView, order: Order): number[] {
  return [...placeOf({ target, ...a }, order), ...placeOf({ target, ...b }, order), fold ?? 0];
}

function sorted<T>(values: readonly T[], place: (value: T) => number[]): T[] {
  return values
    .map((value) => ({ value, at: place(value) }))
    .sort((x, y) => x.at.map((n, i) => n - (y.at[i] ?? 0)).find((n) => n !== 0) ?? 0)
    .map(({ value }) => value);
}

/** One after the other: the store's reads are short, and order never matters less than memory. */
async function each<T, R>(
  values: readonly T[],
  signal: AbortSignal,
  read: (value: T) => R | Promise<R>,
): Promise<R[]> {
  const found: R[] = [];
  for (const value of values) {
    signal.throwIfAborted();
    found.push(await read(value));
  }
  return found;
}

type From<K extends 'datasets' | 'imports' | 'pretrainings' | 'trainings' | 'extractions' | 'comparisons'> =
  StudyResults[K][number];

async function readDataset(
  from: From<'datasets'>,
  { study }: StudyResults,
  store: Store,
): Promise<DatasetView> {
  const { name, version, output } = from;
  const manifest = await store.getJson(output.manifest, manifestSchema);
  return {
    name,
    version,
    manifest,
    isTarget: name in study.targets,
    manifestHash: output.manifest.sha256,
  };
}

function readImport({ source, version, output }: From<'imports'>): ImportView {
  return { source, version, weightsHash: output.weights.sha256 };
}

async function readPretraining(
  { source, taskId, version, output }: From<'pretrainings'>,
  { study }: StudyResults,
  store: Store,
): Promise<PretrainingView> {
  const settings = study.sources[source];
  const dataset = settings && 'pretrain' in settings ? settings.pretrain : '';
  const curves = await store.getJson(output.curves, curvesSchema);
  return {
    source,
    dataset,
    taskId,
    version,
    curves,
    auc: output.auc,
    checkpointHash: output.checkpoint.sha256,
  };
}

/** @param trained one for each seed, the first of which comes first */
async function readFold(trained: readonly From<'trainings'>[], store: Store): Promise<FoldView> {
  const { fold, taskId, version, output } = trained[0] as From<'trainings'>;
  const [curves, predictions] = await Promise.all([
    store.getJson(output.curves, curvesSchema),
    store.getJson(output.predictions, predictionsSchema),
  ]);
  const seeds = trained.map(readSeed);
  const aucs = seeds.flatMap(({ auc }) => auc ?? []);
  return {
    ...{ fold, taskId, version, curves, predictions, seeds },
    auc: aucs.length > 0 ? mean(aucs) : null,
    accuracy: mean(seeds.map(({ accuracy }) => accuracy)),
  };
}

function readSeed({ seed = 0, taskId, version, output }: From<'trainings'>): SeedView {
  const { auc, accuracy, epochs, checkpoint } = output;
  return { seed, taskId, version, auc, accuracy, epochs, checkpointHash: checkpoint.sha256 };
}

function armsOf(
  trained: { at: From<'trainings'>; fold: FoldView }[],
): (JudgedArm & { shots?: number | undefined })[] {
  const groups = groupBy(trained, ({ at: { target, source, strategy, shots } }) =>
    [target, source, strategy, shots].join('/'),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { target, source, strategy, shots } = first.at;
    return [
      {
        target,
        source,
        strategy,
        ...(shots !== undefined && { shots }),
        folds: sorted(
          group.map(({ fold }) => fold),
          ({ fold }) => [fold],
        ),
      },
    ];
  });
}

function readExtraction({
  target,
  model,
  fold,
  taskId,
  version,
  output,
}: From<'extractions'>): ExtractionView {
  return { target, model, fold, taskId, version, activationsHash: output.activations.listing.sha256 };
}

async function readFilters(from: From<'extractions'>, store: Store): Promise<FilterBank> {
  const { shape, data } = readNpy(await store.get(from.output.filters));
  const [height, width, channels, filters] = shape;
  if (!height || !width || channels !== 3 || !filters || shape.length !== 4) {
    throw new PlatformError(
      'corrupt',
      `filters ${from.output.filters.key}: expected height × width × 3 × filters, found ${shape.join(' × ')}`,
    );
  }
  return { ...readExtraction(from), shape: [height, width, channels, filters], values: data };
}

/** A comparison lists layers by name, an extraction in the order of the network. */
function readComparisons({ comparisons, extractions }: StudyResults): ComparisonView[] {
  const order = extractions[0]?.output.layers.map(({ layer }) => layer) ?? [];
  return comparisons.map(({ output, ...comparison }) => ({
    ...comparison,
    layers: sorted(output.layers, ({ layer }) => [order.indexOf(layer)]),
    linearAlgebra: output.linearAlgebra,
  }));
}
