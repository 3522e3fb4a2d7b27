import type { Agreement } from '../statistics/agreement.js';
import type { GainPoint, Slope } from '../statistics/gain.js';
import type { View } from '../view.js';
import { modelWords } from '../words.js';
import type { Table } from './table.js';

/** Every similarity of every layer, pair and fold, under every measure. */
export function similarityTable(view: View): Table {
  return {
    name: 'similarity-layers',
    columns: 'target pair a b fold layer measure value sd_repeats floor points channels warnings task'.split(
      ' ',
    ),
    rows: view.comparisons.flatMap(({ target, pair, a, b, fold, layers, taskId }) =>
      layers.map((l) => [
        target,
        pair,
        modelWords(a),
        modelWords(b),
        fold,
        l.layer,
        l.measure,
        l.value,
        l.sd,
        l.floor,
        l.points,
        l.channels,
        l.warnings.join('; '),
        taskId,
      ]),
    ),
  };
}

/** How alike networks err, fold by fold. */
export function agreementTable(agreements: readonly Agreement[]): Table {
  return {
    name: 'prediction-similarity',
    columns: 'target strategy source_a source_b fold images observed independent accuracy_a accuracy_b'.split(
      ' ',
    ),
    rows: agreements.map((a) => [
      a.target,
      a.strategy,
      a.a,
      a.b,
      a.fold,
      a.images,
      a.observed,
      a.independent,
      a.accuracyA,
      a.accuracyB,
    ]),
  };
}

/** The points of gain against similarity. */
export function gainTable(points: readonly GainPoint[]): Table {
  return {
    name: 'gain',
    columns: ['target', 'source', 'fold', 'layer', 'similarity', 'gain'],
    rows: points.map(({ target, source, fold, layer, similarity, gain }) => [
      target,
      source,
      fold,
      layer,
      similarity,
      gain,
    ]),
  };
}

/** The lines through them. */
export function slopesTable(slopes: readonly Slope[]): Table {
  return {
    name: 'slopes',
    columns:
      'source layer points targets slope intercept r low_points high_points low_targets high_targets'.split(
        ' ',
      ),
    rows: slopes.map(({ source, layer, points, targets, line, overPoints, overTargets }) => [
      source,
      layer,
      points,
      targets,
      line.slope,
      line.intercept,
      line.r,
      overPoints.low,
      overPoints.high,
      overTargets?.low ?? null,
      overTargets?.high ?? null,
    ]),
  };
}
