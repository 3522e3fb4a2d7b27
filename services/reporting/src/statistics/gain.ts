import { fitLine, lineBand, seedFrom, type BandPoint, type Line } from '@palimpsest/numerics';
import { frozenLayers } from '../frozen.js';
import { groupBy } from '../group-by.js';
import { armOf, isRandom, mainStrategy, type View } from '../view.js';

/** One fold of a target: how much of a layer was reused, and what the start gained over a random one. */
export interface GainPoint {
  target: string;
  source: string;
  fold: number;
  layer: string;
  /** Between the start and what fine-tuning made of it. */
  similarity: number;
  gain: number;
  taskIds: string[];
}

/** Points of every source and layer that was not frozen, of the main strategy and the first measure. Empty without a random source. */
export function gainPoints(view: View): GainPoint[] {
  const random = view.sources.find((source) => isRandom(view.study, source));
  if (random === undefined) return [];
  const [measure] = view.study.analysis.measures;
  const strategy = mainStrategy(view.study);
  const frozen = frozenLayers(view.study);
  return view.comparisons
    .filter(
      ({ pair, b }) =>
        pair === 'start-finetuned' && b.strategy === strategy && !isRandom(view.study, b.source),
    )
    .flatMap(({ target, b, fold, layers, taskId }) => {
      const gained = gainOf(view, { target, source: b.source, random, fold });
      if (!gained || fold === null) return [];
      return layers
        .filter((found) => found.measure === measure && !frozen.has(found.layer))
        .map(({ layer, value }) => ({
          ...{ target, source: b.source, fold, layer, similarity: value, gain: gained.gain },
          taskIds: [taskId, ...gained.taskIds],
        }));
    });
}

interface GainAt {
  target: string;
  source: string;
  random: string;
  fold: number | null;
}

function gainOf(view: View, at: GainAt): { gain: number; taskIds: string[] } | undefined {
  const strategy = mainStrategy(view.study);
  const [tuned, base] = [at.source, at.random].map((source) =>
    armOf(view, at.target, source, strategy)?.folds.find(({ fold }) => fold === at.fold),
  );
  if (!tuned || !base || tuned.auc === null || base.auc === null) return undefined;
  const difference = tuned.auc - base.auc;
  const gain = view.study.analysis.gain === 'relative' ? difference / base.auc : difference;
  return { gain, taskIds: [...tuned.seeds, ...base.seeds].map(({ taskId }) => taskId) };
}

/** The line of gain against similarity in one layer of a source, with what resampling points, and targets, does to it. */
export interface Slope {
  source: string;
  layer: string;
  points: number;
  targets: number;
  line: Line;
  overPoints: { low: number; high: number };
  /** null for fewer than three targets: there is too little to resample. */
  overTargets: { low: number; high: number } | null;
  band: readonly BandPoint[];
  clusterBand: readonly BandPoint[] | null;
}

/** Of how many targets and folds the points of each source are. */
export function extents(points: readonly GainPoint[]): { targets: number; folds: number }[] {
  return [...groupBy(points, ({ source }) => source).values()].map((own) => ({
    targets: new Set(own.map(({ target }) => target)).size,
    folds: new Set(own.map(({ target, fold }) => `${target} ${fold}`)).size,
  }));
}

/** Targets below which resampling them says nothing. */
export const fewestTargets = 3;

/** Lines of every source and layer that has at least three points of different similarity. */
export function slopes(view: View, points: readonly GainPoint[]): Slope[] {
  const groups = groupBy(points, ({ source, layer }) => JSON.stringify([source, layer]));
  return [...groups.values()].flatMap((group) => slopeOf(view, group));
}

function slopeOf({ study }: View, points: GainPoint[]): Slope[] {
  const [first] = points;
  const x = points.map(({ similarity }) => similarity);
  if (!first || points.length < 3 || new Set(x).size < 2) return [];
  const { source, layer } = first;
  const y = points.map(({ gain }) => gain);
  const clusters = points.map(({ target }) => target);
  const targets = new Set(clusters).size;
  const resample = {
    resamples: study.analysis.resamples,
    level: 0.95,
    seed: seedFrom('gain', study.seeds.sampling, source, layer),
    at: places(Math.min(...x), Math.max(...x)),
  };
  const plain = lineBand(x, y, resample);
  const clustered = targets < fewestTargets ? null : lineBand(x, y, { ...resample, clusters });
  return [
    {
      ...{ source, layer, points: points.length, targets },
      line: fitLine(x, y),
      overPoints: plain.slope,
      overTargets: clustered?.slope ?? null,
      band: plain.band,
      clusterBand: clustered?.band ?? null,
    },
  ];
}

function places(low: number, high: number): number[] {
  const steps = 40;
  return Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps);
}
