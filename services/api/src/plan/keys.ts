import type { Model, PairKind, TrainingAt } from '@palimpsest/contracts';

/** Names of the nodes of a plan. */
export const keys = {
  ingest: (dataset: string) => `ingest/${dataset}`,
  import: (source: string) => `import/${source}`,
  pretrain: (source: string) => `train/${source}`,
  train: ({ target, source, strategy, fold, seed, shots }: TrainingAt) =>
    [
      ...['train', target, source, strategy, fold],
      ...(shots === undefined ? [] : [`shots-${shots}`]),
      ...(seed === undefined ? [] : [`seed-${seed}`]),
    ].join('/'),
  extract: (target: string, model: Model, fold: number | null) =>
    ['extract', target, ...nameOf(model), ...(fold === null ? [] : [fold])].join('/'),
  compare: (at: { target: string; pair: PairKind; a: Model; b: Model; fold: number | null }) =>
    [
      'compare',
      at.target,
      at.pair,
      ...nameOf(at.a),
      ...nameOf(at.b),
      ...(at.fold === null ? [] : [at.fold]),
    ].join('/'),
  report: 'report',
};

function nameOf({ source, strategy, draw }: Model): string[] {
  return [source, strategy ?? (draw === 'first' ? 'start' : 'second-start')];
}
