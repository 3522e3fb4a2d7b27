import type { LayerSummary } from '../statistics/similarity.js';
import { couplesOf, isRandom, type View } from '../view.js';
import { measureWords, shortLayers, strategyWords } from '../words.js';
import type { Figure, Spec } from './figure.js';
import { neutral, pairColour, sourceColour } from './palette.js';

interface Row {
  series: string;
  state: keyof typeof dashes;
  layer: string;
  value: number;
  low: number;
  high: number;
}

const dashes = { before: [2, 3], finetune: [1, 0], freeze: [7, 3] };
const randomPair = 'two random draws';
const chance = 'chance (points permuted)';

/** Layer by layer and target by target: (a) a network before and after fine-tuning, (b) two sources, before and after. */
export function similarityFigure(view: View, summaries: readonly LayerSummary[]): Figure | undefined {
  const [measure] = view.study.analysis.measures;
  const shown = summaries.filter((s) => s.measure === measure && shownPairs.has(s.pair));
  if (shown.length === 0 || measure === undefined) return undefined;
  const drawn = draft(view, shown, measureWords[measure]);
  const title = `${measureWords[measure]} by layer, of networks before and after fine-tuning and of different sources`;
  return { name: 'similarity-by-layer', title, drawing: { spec: drawn } };
}

const shownPairs = new Set(['start-finetuned', 'between-starts', 'between-finetuned', 'random-random']);

function draft(view: View, shown: readonly LayerSummary[], measure: string): Spec {
  const couples = couplesOf(view.sources.filter((s) => !isRandom(view.study, s))).map(
    ([a, b]) => `${a} – ${b}`,
  );
  const colour = {
    domain: [...view.sources, ...couples, randomPair, chance],
    range: [
      ...view.sources.map((s) => sourceColour(view, s)),
      ...couples.map((_, i) => pairColour(i)),
      neutral.text.light,
      neutral.chance.light,
    ],
  };
  const targets = view.targets.filter((target) => shown.some((s) => s.target === target));
  const scale = valueScale(view, shown);
  const vconcat = targets.map((target) => {
    const here = shown.filter((s) => s.target === target);
    const [self, between] = [
      [...selfRows(here), ...baselineRows(here)],
      [...betweenRows(here), ...baselineRows(here)],
    ];
    const parts = [
      { rows: self, title: `${target} — (a) before against after` },
      { rows: between, title: `${target} — (b) between sources` },
    ].filter(({ rows }) => rows.some(({ series }) => series !== chance));
    return { hconcat: parts.map((part) => panel(view, { ...part, colour, scale, measure })), spacing: 36 };
  });
  return { vconcat, spacing: 22, resolve: { scale: { color: 'shared', strokeDash: 'shared' } } };
}

/** [0, 1] unless the summary is a sum, or a value lies beyond. */
function valueScale({ study }: View, shown: readonly LayerSummary[]): Spec {
  const bounded = study.analysis.summary !== 'sum' && shown.every((s) => s.mean <= 1 && s.mean >= 0);
  return bounded ? { domain: [0, 1] } : { zero: true };
}

const rowOf = (s: LayerSummary, series: string, state: Row['state']): Row => ({
  ...{ series, state, layer: s.layer, value: s.mean },
  low: s.mean - (s.sd ?? 0),
  high: s.mean + (s.sd ?? 0),
});

function selfRows(here: readonly LayerSummary[]): Row[] {
  return here
    .filter(({ pair }) => pair === 'start-finetuned')
    .map((s) => rowOf(s, s.a.source, s.b.strategy ?? 'before'));
}

function betweenRows(here: readonly LayerSummary[]): Row[] {
  return here
    .filter(({ pair }) => pair === 'between-starts' || pair === 'between-finetuned')
    .map((s) => rowOf(s, `${s.a.source} – ${s.b.source}`, s.a.strategy ?? 'before'));
}

/** What means nothing: two random draws, and the floor of the pairs that are drawn. */
function baselineRows(here: readonly LayerSummary[]): Row[] {
  const [random] = here.filter(({ pair }) => pair === 'random-random').map(({ a }) => a.source);
  const drawn = here.filter(({ pair, a }) => pair === 'random-random' && a.source === random);
  const layers = [...new Set(here.map(({ layer }) => layer))];
  const floors = layers.map((layer) => {
    const found = here.filter((s) => s.layer === layer).map(({ floor }) => floor);
    const value = found.reduce((sum, floor) => sum + floor, 0) / found.length;
    return { series: chance, state: 'before' as const, layer, value, low: value, high: value };
  });
  return [...drawn.map((s) => rowOf(s, randomPair, 'before')), ...floors];
}

interface Part {
  rows: Row[];
  title: string;
  colour: { domain: string[]; range: string[] };
  scale: Spec;
  measure: string;
}

function panel({ study }: View, { rows, title, colour, scale, measure }: Part): Spec {
  const layers = [...new Set(rows.map(({ layer }) => layer))];
  const short = shortLayers(layers);
  const states = {
    before: 'before',
    finetune: `after, ${strategyWords(study, 'finetune')}`,
    freeze: `after, ${strategyWords(study, 'freeze')}`,
  };
  const values = rows.map((row) => ({
    ...{ ...row, state: states[row.state] },
    layer: short[layers.indexOf(row.layer)] ?? row.layer,
  }));
  const strokeDash = {
    field: 'state',
    title: null,
    scale: { domain: Object.values(states), range: Object.values(dashes) },
    legend: { columnPadding: 14, symbolStrokeColor: neutral.text.light },
  };
  const labelAngle = layers.length > 6 || short[0] === layers[0] ? -35 : 0;
  const x = {
    field: 'layer',
    type: 'nominal',
    sort: short,
    title: null,
    scale: { type: 'point', padding: 0.35 },
    axis: { labelAngle },
  };
  const y = { field: 'value', type: 'quantitative', scale, title: measure };
  const legend = { columns: 4, symbolType: 'stroke', symbolOpacity: 1, columnPadding: 18 };
  const color = { field: 'series', title: null, scale: colour, legend };
  return { data: { values }, title, width: 400, height: 190, layer: marks({ x, y, color, strokeDash }) };
}

/** Errors, lines and dots; chance has a line only. */
function marks({ x, y, color, strokeDash }: Record<'x' | 'y' | 'color' | 'strokeDash', Spec>): Spec[] {
  const error = { x, color, y: { ...y, field: 'low' }, y2: { field: 'high' } };
  return [
    { mark: { type: 'rule', strokeWidth: 1.4, opacity: 0.8 }, encoding: error },
    { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { x, y, color, strokeDash } },
    {
      transform: [{ filter: `datum.series !== '${chance}'` }],
      mark: { type: 'point', filled: true, size: 34, opacity: 1 },
      encoding: { x, y, color },
    },
  ];
}
