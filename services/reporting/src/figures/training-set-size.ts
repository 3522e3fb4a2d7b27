import type { SizePoint } from '../statistics/training-set-size.js';
import type { View } from '../view.js';
import type { Figure, Spec } from './figure.js';
import { sourceColour } from './palette.js';

/** AUC against the number of training images, a panel for each target and a line for each source. */
export function sizeFigure(view: View, points: readonly SizePoint[]): Figure | undefined {
  const values = points.flatMap(({ arm: { target, source }, images, mean, interval }) => {
    if (mean === null) return [];
    const { low, high } = interval ?? { low: mean, high: mean };
    return [{ target, source, images, auc: mean, low: Math.max(0, low), high: Math.min(1, high) }];
  });
  if (values.length === 0) return undefined;
  const targets = view.targets.filter((target) => values.some((value) => value.target === target));
  return {
    name: 'auc-by-training-images',
    title: 'AUC of each source against the number of training images',
    drawing: {
      spec: {
        data: { values },
        facet: { field: 'target', title: null, sort: targets },
        columns: 3,
        spacing: 22,
        spec: { width: 250, height: 170, layer: layersOf(view) },
        resolve: { scale: { x: 'independent' } },
      },
    },
  };
}

function layersOf(view: View): Spec[] {
  const x = {
    field: 'images',
    type: 'quantitative',
    title: 'training images',
    scale: { type: 'log', base: 2, nice: false, padding: 8 },
    axis: { tickCount: 6, format: 'd' },
  };
  const y = { field: 'auc', type: 'quantitative', title: 'AUC', scale: { zero: false } };
  const range = view.sources.map((source) => sourceColour(view, source));
  const scale = { domain: view.sources, range };
  const color = { field: 'source', title: null, scale, legend: { symbolType: 'stroke', symbolOpacity: 1 } };
  const band = { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color };
  return [
    { mark: { type: 'area', opacity: 0.14 }, encoding: band },
    { mark: { type: 'line', strokeWidth: 1.6 }, encoding: { x, y, color } },
    { mark: { type: 'point', filled: true, size: 26, opacity: 1 }, encoding: { x, y, color } },
  ];
}
