import { mean } from '@palimpsest/numerics';
import { groupBy } from '../group-by.js';
import type { Arm, View } from '../view.js';
import { shortLayers } from '../words.js';
import type { Figure, Spec } from './figure.js';
import { columnOf } from './learning-curves.js';
import { pairColour } from './palette.js';

interface Row {
  column: string;
  layer: string;
  epoch: number;
  value: number;
}

/** Similarity of each stage with itself at the start, by epoch, a column for every source and strategy, of one target. */
export function driftFigure(view: View, target: string): Figure | undefined {
  const rows = view.arms
    .filter((arm) => arm.target === target)
    .flatMap((arm) => rowsOf(arm, columnOf(view, arm.source, arm.strategy)));
  if (rows.length === 0) return undefined;
  return {
    name: `drift-${target}`,
    title: `Drift on ${target}: similarity of each stage with itself at the start, by epoch`,
    drawing: { spec: specOf(rows, view.stages) },
  };
}

/** Means over the folds that still trained in an epoch. */
function rowsOf({ folds }: Arm, column: string): Row[] {
  const measured = folds.flatMap(({ curves }) =>
    curves.epochs.flatMap(({ epoch, drift = {} }) =>
      Object.entries(drift).map(([layer, value]) => ({ layer, epoch, value })),
    ),
  );
  const groups = groupBy(measured, ({ layer, epoch }) => `${layer} ${epoch}`);
  return [...groups.values()].map((group) => {
    const { layer, epoch } = group[0] as (typeof group)[number];
    return { column, layer, epoch, value: mean(group.map(({ value }) => value)) };
  });
}

function specOf(rows: readonly Row[], stages: readonly string[]): Spec {
  const columns = [...new Set(rows.map(({ column }) => column))];
  const layers = stages.filter((stage) => rows.some(({ layer }) => layer === stage));
  const short = shortLayers(layers);
  const values = rows.map((row) => ({ ...row, layer: short[layers.indexOf(row.layer)] }));
  const x = {
    field: 'epoch',
    type: 'quantitative',
    title: 'epoch',
    scale: { domain: [1, Math.max(2, ...rows.map(({ epoch }) => epoch))], nice: false },
    axis: { tickCount: 4, tickMinStep: 1, format: 'd' },
  };
  const y = { field: 'value', type: 'quantitative', title: 'CCA with the start', scale: { domain: [0, 1] } };
  const scale = { domain: short, range: short.map((_, i) => pairColour(i)) };
  const color = { field: 'layer', title: null, scale, legend: { symbolType: 'stroke' } };
  return {
    data: { values },
    facet: { column: { field: 'column', title: null, sort: columns } },
    spec: {
      width: Math.max(110, Math.min(190, Math.floor(900 / columns.length) - 12)),
      height: 110,
      mark: { type: 'line', strokeWidth: 1.4 },
      encoding: { x, y, color },
    },
    spacing: 12,
  };
}
