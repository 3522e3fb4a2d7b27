import type { Model, PairKind } from '@palimpsest/contracts';
import { mean, sd } from '@palimpsest/numerics';
import { groupBy } from '../group-by.js';
import type { ComparisonView, View } from '../view.js';

/** Similarity of two networks in one layer over folds. */
export interface LayerSummary {
  target: string;
  pair: PairKind;
  a: Model;
  b: Model;
  layer: string;
  measure: string;
  mean: number;
  /** Over folds, divisor n − 1; null where there is one value only. */
  sd: number | null;
  /** Mean over folds of what permuted points give. */
  floor: number;
  folds: number;
  taskIds: string[];
}

/** Mean and standard deviation over folds, for each pair of networks, layer and measure, in the order of the view. */
export function layerSummaries(view: View): LayerSummary[] {
  const groups = groupBy(view.comparisons, ({ target, pair, a, b }) =>
    JSON.stringify([target, pair, a.source, a.strategy, a.draw, b.source, b.strategy, b.draw]),
  );
  return [...groups.values()].flatMap(summarise);
}

function summarise(folds: ComparisonView[]): LayerSummary[] {
  const [first] = folds;
  if (!first) return [];
  const { target, pair, a, b } = first;
  return first.layers.map(({ layer, measure }) => {
    const found = folds.flatMap(({ layers }) =>
      layers.filter((l) => l.layer === layer && l.measure === measure),
    );
    const values = found.map(({ value }) => value);
    return {
      ...{ target, pair, a, b, layer, measure },
      mean: mean(values),
      sd: values.length > 1 ? sd(values) : null,
      floor: mean(found.map(({ floor }) => floor)),
      folds: values.length,
      taskIds: folds.map(({ taskId }) => taskId),
    };
  });
}

/** Layers in the order of the network. */
export function layersOf(view: View): string[] {
  return [...new Set(view.comparisons.flatMap(({ layers }) => layers.map(({ layer }) => layer)))];
}
