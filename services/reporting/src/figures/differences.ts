import type { AucDifference } from '../statistics/auc.js';
import { isRandom, mainStrategy, type View } from '../view.js';
import type { Figure, Spec } from './figure.js';
import { neutral, sourceColour } from './palette.js';

/** How far two sources are apart on each target, with the interval of the difference. Main strategy. */
export function differencesFigure(view: View, differences: readonly AucDifference[]): Figure | undefined {
  const strategy = mainStrategy(view.study);
  const shown = differences.filter(({ a, b }) =>
    [a, b].every((arm) => arm.strategy === strategy || isRandom(view.study, arm.source)),
  );
  if (shown.length === 0) return undefined;
  return {
    name: 'auc-differences',
    title: 'Differences of AUC between sources on each target, with 95 % intervals',
    drawing: { spec: specOf(view, shown) },
  };
}

function specOf(view: View, shown: readonly AucDifference[]): Spec {
  const values = shown.map(({ target, a, b, difference, low, high, holm }) => ({
    panel: `${a.source} − ${b.source}`,
    target,
    leader: difference >= 0 ? a.source : b.source,
    difference: difference * 100,
    low: low * 100,
    high: high * 100,
    certain: holm < 0.05,
  }));
  const panels = [...new Set(values.map(({ panel }) => panel))];
  const targets = view.targets.filter((target) => values.some((v) => v.target === target));
  return {
    data: { values },
    facet: { field: 'panel', title: null, sort: panels, header: { labelAnchor: 'start' } },
    columns: 3,
    spacing: 22,
    spec: { width: panels.length === 1 ? 620 : 235, height: { step: 24 }, layer: intervals(view, targets) },
    resolve: { scale: { x: 'independent' } },
  };
}

function intervals(view: View, targets: readonly string[]): Spec[] {
  const range = view.sources.map((source) => sourceColour(view, source));
  const color = {
    field: 'leader',
    title: 'ahead',
    scale: { domain: view.sources, range },
    legend: { symbolType: 'stroke' },
  };
  const axis = { grid: false, labelLimit: 140 };
  const y = { field: 'target', type: 'nominal', sort: targets, title: null, axis };
  const x = { type: 'quantitative', title: 'AUC points', scale: { zero: true }, axis: { tickCount: 5 } };
  const zero = { x: { datum: 0, type: 'quantitative' } };
  const reach = { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color };
  const middle = { x: { ...x, field: 'difference' }, y, color, fill: certainFill(view) };
  return [
    { mark: { type: 'rule', color: neutral.axis.light }, encoding: zero },
    { mark: { type: 'rule', strokeWidth: 1.8 }, encoding: reach },
    { mark: { type: 'point', size: 60, strokeWidth: 1.8, opacity: 1 }, encoding: middle },
  ];
}

/** Filled where the difference stands after Holm's correction, hollow where it does not. */
function certainFill(view: View): Spec {
  return {
    condition: view.sources.map((source) => ({
      test: `datum.certain && datum.leader === ${JSON.stringify(source)}`,
      value: sourceColour(view, source),
    })),
    value: neutral.paper.light,
  };
}
