import { informedOnly } from '../findings/agreement.js';
import type { Agreement } from '../statistics/agreement.js';
import type { View } from '../view.js';
import { strategyWords } from '../words.js';
import type { Figure, Spec } from './figure.js';
import { neutral } from './palette.js';

const kinds = ['observed', 'if mistakes were independent'];

/** Do networks from different starts err alike? A box and its folds for each target, beside what independence gives. */
export function agreementFigure(view: View, agreements: readonly Agreement[]): Figure | undefined {
  const shown = informedOnly(view, agreements);
  if (shown.length === 0) return undefined;
  return {
    name: 'prediction-similarity',
    title: 'Share of images on which two networks are both right or both wrong',
    drawing: { spec: specOf(view, shown) },
  };
}

function specOf(view: View, shown: readonly Agreement[]): Spec {
  const values = shown.flatMap(({ target, strategy, a, b, fold, observed, independent }) => {
    const panel = `${a} – ${b}${view.study.strategies.length > 1 ? `, ${strategyWords(view.study, strategy)}` : ''}`;
    return [observed, independent].map((value, i) => ({ panel, target, fold, kind: kinds[i], value }));
  });
  const panels = [...new Set(values.map(({ panel }) => panel))];
  const targets = view.targets.filter((target) => values.some((v) => v.target === target));
  const width = Math.max(150, 74 * targets.length, ...panels.map((panel) => 7 * panel.length));
  return {
    data: { values },
    facet: { field: 'panel', title: null, sort: panels, header: { labelAnchor: 'start' } },
    columns: Math.max(1, Math.floor(1000 / (width + 70))),
    spacing: 26,
    spec: { width, height: 190, layer: [box, folds(targets)] },
  };
}

const y = { field: 'value', type: 'quantitative', title: 'prediction similarity', scale: { zero: false } };
const xOffset = { field: 'kind', sort: kinds, scale: { paddingOuter: 0.25 } };
const color = {
  field: 'kind',
  title: null,
  sort: kinds,
  scale: { domain: kinds, range: [neutral.text.light, neutral.chance.light] },
  legend: { symbolOpacity: 1, symbolType: 'circle' },
};

const box = {
  mark: {
    type: 'boxplot',
    extent: 'min-max',
    size: 16,
    box: { opacity: 0.22 },
    median: { color: neutral.text.light, strokeWidth: 1.6 },
    rule: { strokeWidth: 1, color: neutral.soft.light },
    ticks: false,
  },
  encoding: {
    x: { field: 'target', type: 'nominal', title: null, sort: null, axis: { labelAngle: 0 } },
    y,
    xOffset,
    color,
  },
};

const folds = (targets: readonly string[]): Spec => ({
  mark: { type: 'point', filled: true, size: 16, opacity: 0.85 },
  encoding: { x: { field: 'target', type: 'nominal', sort: targets }, y, xOffset, color },
});
