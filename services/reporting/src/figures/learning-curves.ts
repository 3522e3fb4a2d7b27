import type { Curves } from '@palimpsest/contracts';
import type { View } from '../view.js';
import { strategyWords } from '../words.js';
import type { Figure, Spec } from './figure.js';
import { sourceColour } from './palette.js';

/** One training whose curves are drawn. */
interface Trained {
  column: string;
  source: string;
  fold: number;
  curves: Curves;
}

/** Loss and AUC by epoch, a column for every source and strategy, of one target. */
export function learningCurves(view: View, target: string): Figure | undefined {
  const arms = view.arms.filter((arm) => arm.target === target);
  const trained = arms.flatMap(({ source, strategy, folds }) =>
    folds.map(({ fold, curves }) => ({ column: columnOf(view, source, strategy), source, fold, curves })),
  );
  if (trained.length === 0) return undefined;
  return {
    name: `learning-curves-${target}`,
    title: `Learning curves on ${target}: loss and AUC by epoch`,
    drawing: { spec: specOf(view, trained) },
  };
}

/** The same of the sources that were trained for this study. */
export function pretrainingCurves(view: View): Figure | undefined {
  const trained = view.pretrainings.map(({ source, curves }) => ({
    column: source,
    source,
    fold: 1,
    curves,
  }));
  if (trained.length === 0) return undefined;
  return {
    name: 'learning-curves-of-sources',
    title: 'Learning curves of the sources: loss and AUC by epoch',
    drawing: { spec: specOf(view, trained) },
  };
}

/** Name of the trainings of a source, with how it was trained where a study does it in more than one way. */
export const columnOf = ({ study }: View, source: string, strategy: 'finetune' | 'freeze') =>
  study.strategies.length > 1 ? `${source}, ${strategyWords(study, strategy, source)}` : source;

function specOf(view: View, trained: readonly Trained[]): Spec {
  const columns = [...new Set(trained.map(({ column }) => column))];
  const epochs = Math.max(...trained.map(({ curves }) => curves.epochs.length));
  const shape = { columns, epochs: Math.max(epochs, 2), colours: coloursOf(view, trained, columns) };
  const hasAuc = trained.some(({ curves }) =>
    curves.epochs.some(({ validationAuc }) => validationAuc !== null),
  );
  const loss = panel('loss', trained.flatMap(lossRows), shape);
  const auc = panel('AUC, validation', trained.flatMap(aucRows), shape);
  return { vconcat: hasAuc ? [loss, auc] : [loss], spacing: 14 };
}

interface Shape {
  columns: string[];
  epochs: number;
  colours: string[];
}

interface Row {
  column: string;
  series: 'training' | 'validation';
  line: string;
  epoch: number;
  value: number;
  stage: 'head' | 'all';
  kept: boolean;
}

function coloursOf(view: View, trained: readonly Trained[], columns: readonly string[]): string[] {
  return columns.map((column) => sourceColour(view, trained.find((t) => t.column === column)?.source ?? ''));
}

function lossRows({ column, fold, curves }: Trained): Row[] {
  return curves.epochs.flatMap(({ epoch, stage, trainLoss, validationLoss }) => {
    const at = { column, epoch, stage };
    return [
      {
        ...at,
        series: 'training' as const,
        line: `training ${fold} ${stage}`,
        value: trainLoss,
        kept: false,
      },
      {
        ...at,
        series: 'validation' as const,
        line: `validation ${fold} ${stage}`,
        value: validationLoss,
        kept: epoch === curves.best,
      },
    ];
  });
}

function aucRows({ column, fold, curves }: Trained): Row[] {
  return curves.epochs.flatMap(({ epoch, stage, validationAuc }) =>
    validationAuc === null
      ? []
      : [
          {
            column,
            epoch,
            stage,
            series: 'validation' as const,
            line: `validation ${fold} ${stage}`,
            value: validationAuc,
            kept: epoch === curves.best,
          },
        ],
  );
}

function panel(title: string, values: Row[], shape: Shape): Spec {
  const { columns } = shape;
  const header = title === 'loss' ? {} : { labels: false };
  return {
    data: { values },
    facet: { column: { field: 'column', title: null, sort: columns, header } },
    spec: {
      width: Math.max(110, Math.min(190, Math.floor(900 / columns.length) - 12)),
      height: 110,
      layer: layersOf(title, shape),
    },
    spacing: 12,
  };
}

function layersOf(title: string, { columns, epochs, colours }: Shape): Spec[] {
  const x = {
    field: 'epoch',
    type: 'quantitative',
    title: title === 'loss' ? null : 'epoch',
    scale: { domain: [1, epochs], nice: false },
    axis: { tickCount: 4, tickMinStep: 1, format: 'd' },
  };
  const y = { field: 'value', type: 'quantitative', title, scale: { zero: false } };
  const color = { field: 'column', scale: { domain: columns, range: colours }, legend: null };
  const lines = { type: 'line', strokeWidth: 1.1, clip: true };
  const kept = { type: 'point', filled: true, size: 22, opacity: 1 };
  return [
    { mark: lines, encoding: { x, y, color, opacity, strokeDash, detail: { field: 'line' } } },
    { mark: kept, transform: [{ filter: 'datum.kept' }], encoding: { x, y, color } },
  ];
}

/** Training is faint, what is held out full. */
const opacity = {
  field: 'series',
  type: 'ordinal',
  scale: { domain: ['training', 'validation'], range: [0.35, 0.95] },
  legend: null,
};

/** The stage in which the head alone is trained is dotted. */
const dashes = { all: [1, 0], head: [1.5, 2.5] };
const strokeDash = {
  field: 'stage',
  scale: { domain: Object.keys(dashes), range: Object.values(dashes) },
  legend: null,
};
