import type { GainPoint, Slope } from '../statistics/gain.js';
import type { View } from '../view.js';
import { measureWords, shortLayers } from '../words.js';
import type { Figure, Spec } from './figure.js';
import { neutral, sourceColour } from './palette.js';

/** Gain over a random start against what was kept of the start: a row a source, a column a layer. */
export function gainFigure(
  view: View,
  points: readonly GainPoint[],
  slopes: readonly Slope[],
): Figure | undefined {
  if (points.length === 0) return undefined;
  const sources = view.sources.filter((source) => points.some((p) => p.source === source));
  const layers = [...new Set(points.map(({ layer }) => layer))];
  const short = shortLayers(layers);
  const vconcat = sources.map((source) => ({
    spacing: 14,
    hconcat: layers.map((layer, column) =>
      cell(view, {
        points: points.filter((p) => p.source === source && p.layer === layer),
        slope: slopes.find((s) => s.source === source && s.layer === layer),
        colour: sourceColour(view, source),
        title: column === 0 ? `${source}: ${short[column] ?? layer}` : (short[column] ?? layer),
        first: column === 0,
        domain: heights(points, slopes),
        targets: view.targets.filter((target) => points.some((p) => p.target === target)),
      }),
    ),
  }));
  return {
    name: 'gain-against-similarity',
    title: 'Gain over a random start against similarity before and after fine-tuning',
    drawing: { spec: { vconcat, spacing: 18, resolve: { scale: { shape: 'shared' } } } },
  };
}

interface Cell {
  points: GainPoint[];
  slope: Slope | undefined;
  colour: string;
  title: string;
  first: boolean;
  domain: [number, number];
  targets: string[];
}

function cell(view: View, { points, slope, colour, title, first, domain, targets }: Cell): Spec {
  const [measure] = view.study.analysis.measures;
  const x = {
    type: 'quantitative',
    scale: { zero: false, nice: false, padding: 6 },
    title: measure && measureWords[measure],
    axis: { tickCount: 3 },
  };
  const y = {
    type: 'quantitative',
    scale: { domain, nice: false },
    title: first ? gainWords[view.study.analysis.gain] : null,
    axis: { labels: first, tickCount: 4 },
  };
  const shape = {
    field: 'target',
    title: null,
    scale: { domain: targets },
    legend: targets.length > 1 ? { symbolStrokeColor: neutral.soft.light, symbolSize: 50 } : null,
  };
  const dots = {
    data: {
      values: points.map(({ target, fold, similarity, gain }) => ({ target, fold, x: similarity, y: gain })),
    },
    mark: { type: 'point', size: 26, color: colour, strokeWidth: 1.3, opacity: 0.85 },
    encoding: { x: { ...x, field: 'x' }, y: { ...y, field: 'y' }, shape },
  };
  return { title, width: 158, height: 150, layer: [...(slope ? bands(slope, { x, y }, colour) : []), dots] };
}

/** One scale of gain for all cells: of the points and the bands over points. Wider bands over targets are cut. */
function heights(points: readonly GainPoint[], slopes: readonly Slope[]): [number, number] {
  const values = [
    ...points.map(({ gain }) => gain),
    ...slopes.flatMap(({ band }) => band.flatMap(({ low, high }) => [low, high])),
  ];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.05 * (high - low || 1);
  return [low - margin, high + margin];
}

const gainWords = { relative: 'gain, relative to random', difference: 'gain over random, AUC' };

function bands({ band, clusterBand }: Slope, { x, y }: { x: Spec; y: Spec }, colour: string): Spec[] {
  const at = (rows: Slope['band']) => ({ values: rows.map(({ x, y, low, high }) => ({ x, y, low, high })) });
  const [height, low, high] = ['y', 'low', 'high'].map((field) => ({ ...y, field }));
  const edge = (field: Spec | undefined) => ({
    data: at(clusterBand ?? []),
    mark: { type: 'line', color: neutral.soft.light, strokeWidth: 1, strokeDash: [3, 3], clip: true },
    encoding: { x: { ...x, field: 'x' }, y: field },
  });
  return [
    {
      data: at(band),
      mark: { type: 'area', color: colour, opacity: 0.18 },
      encoding: { x: { ...x, field: 'x' }, y: low, y2: { field: 'high' } },
    },
    ...(clusterBand ? [edge(low), edge(high)] : []),
    {
      data: at(band),
      mark: { type: 'line', color: colour, strokeWidth: 1.6 },
      encoding: { x: { ...x, field: 'x' }, y: height },
    },
  ];
}
