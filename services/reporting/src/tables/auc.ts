import type { JudgedAs } from '@palimpsest/contracts';
import type { AucDifference, AucSummary } from '../statistics/auc.js';
import { isRandom, seedsOf, type View } from '../view.js';
import type { Table } from './table.js';

/** Mean AUC of every target, source and strategy, in [0, 1]. */
export function aucTable({ study }: View, summaries: readonly AucSummary[]): Table {
  const several = seedsOf(study) > 1;
  return {
    name: 'auc',
    columns: ['target', 'source', 'strategy', 'folds', 'mean', 'sd', ...(several ? ['sd_of_seeds'] : [])],
    rows: summaries.map(({ arm, values, mean, sd, sdOfSeeds }) => [
      ...[arm.target, arm.source, arm.strategy, values.length, mean, sd],
      ...(several ? [sdOfSeeds] : []),
    ]),
  };
}

/** AUC of every training, where those of a fold differ in their seeds. */
export function aucSeedsTable(view: View): Table {
  return {
    name: 'auc-seeds',
    columns: 'target source strategy fold seed auc accuracy epochs task'.split(' '),
    rows: view.arms.flatMap(({ target, source, strategy, folds }) =>
      folds.flatMap(({ fold, seeds }) =>
        seeds.map(({ seed, auc, accuracy, epochs, taskId }) => [
          ...[target, source, strategy, fold],
          ...[seed, auc, accuracy, epochs, taskId],
        ]),
      ),
    ),
  };
}

/** AUC of every fold. */
export function aucFoldsTable(view: View): Table {
  return {
    name: 'auc-folds',
    columns: 'target source strategy fold auc accuracy epochs kept_epoch task'.split(' '),
    rows: [...view.arms, ...view.probes].flatMap(({ target, source, strategy, folds }) =>
      folds.map(({ fold, auc, accuracy, curves, taskId }) => [
        target,
        source,
        strategy,
        fold,
        auc,
        accuracy,
        curves.epochs.length,
        curves.best,
        taskId,
      ]),
    ),
  };
}

/** Differences between arms over the same folds. */
export function differencesTable(differences: readonly AucDifference[]): Table {
  return {
    name: 'auc-differences',
    columns: 'target source_a strategy_a source_b strategy_b folds difference low high p p_holm'.split(' '),
    rows: differences.map(({ target, a, b, folds, difference, low, high, p, holm }) => [
      target,
      a.source,
      a.strategy,
      b.source,
      b.strategy,
      folds,
      difference,
      low,
      high,
      p,
      holm,
    ]),
  };
}

/** A column of Table 2. */
export interface AucColumn {
  source: string;
  strategy: JudgedAs;
}

/** Columns of Table 2: strategies within sources, the linear probe after them, random last. */
export function aucColumns({ study, sources, probes }: View): AucColumn[] {
  const probe: JudgedAs[] = probes.length > 0 ? ['probe'] : [];
  return sources.flatMap((source) => {
    const trained: JudgedAs[] = isRandom(study, source) ? ['finetune'] : study.strategies;
    return [...trained, ...probe].map((strategy) => ({ source, strategy }));
  });
}

/** A row of Table 2: a cell for every column, undefined where nothing was trained. */
export interface AucRow {
  target: string;
  cells: (AucSummary | undefined)[];
  /** The highest mean of the row. */
  best: AucSummary | undefined;
}

/** Rows of Table 2. */
export function aucRows(view: View, summaries: readonly AucSummary[]): AucRow[] {
  return view.targets.map((target) => {
    const here = summaries.filter(({ arm }) => arm.target === target);
    const cells = aucColumns(view).map(({ source, strategy }) =>
      here.find(({ arm }) => arm.source === source && arm.strategy === strategy),
    );
    const measured = here.filter(({ mean }) => mean !== null);
    const best = measured.reduce<AucSummary | undefined>(
      (top, s) => (top && (top.mean ?? 0) >= (s.mean ?? 0) ? top : s),
      undefined,
    );
    return { target, cells, best };
  });
}
