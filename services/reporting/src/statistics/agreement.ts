import type { Predictions, Strategy } from '@palimpsest/contracts';
import { errorAgreement, independentAgreement, mean, pairedDifference } from '@palimpsest/numerics';
import { groupBy } from '../group-by.js';
import { armOf, bothRandom, couplesOf, mainStrategy, type FoldView, type View } from '../view.js';
import { judgedToTrained } from './auc.js';

/** How alike two networks err on the judged images of one fold. */
export interface Agreement {
  target: string;
  strategy: Strategy;
  a: string;
  b: string;
  fold: number;
  images: number;
  /** Share of images on which both are right or both are wrong. */
  observed: number;
  /** The share that mistakes independent of each other would give. */
  independent: number;
  accuracyA: number;
  accuracyB: number;
  taskIds: [string, string];
}

/** Every two sources trained the same way, fold by fold, over the images that both were judged on. */
export function agreements(view: View): Agreement[] {
  return view.study.strategies.flatMap((strategy) =>
    view.targets.flatMap((target) =>
      couplesOf(view.sources).flatMap(([a, b]) => {
        if (strategy !== mainStrategy(view.study) && bothRandom(view, [a, b])) return [];
        return foldsOf(view, { target, strategy, a, b });
      }),
    ),
  );
}

function foldsOf(view: View, at: Pick<Agreement, 'target' | 'strategy' | 'a' | 'b'>): Agreement[] {
  const [a, b] = [armOf(view, at.target, at.a, at.strategy), armOf(view, at.target, at.b, at.strategy)];
  return (a?.folds ?? []).flatMap((x) => {
    const y = b?.folds.find(({ fold }) => fold === x.fold);
    return y ? [{ ...at, fold: x.fold, ...compare(view, x, y) }] : [];
  });
}

function compare(view: View, x: FoldView, y: FoldView) {
  const other = new Map(y.predictions.images.map((image) => [image.image, image]));
  const both = x.predictions.images.flatMap((image) => {
    const twin = other.get(image.image);
    return twin ? [{ label: image.class, a: predicted(image), b: predicted(twin) }] : [];
  });
  const labels = both.map(({ label }) => label);
  const share = (network: 'a' | 'b') =>
    both.filter((image) => image[network] === image.label).length / both.length;
  const [accuracyA, accuracyB] = [share('a'), share('b')];
  return {
    images: both.length,
    observed: errorAgreement(
      both.map(({ a }) => a),
      both.map(({ b }) => b),
      labels,
    ),
    independent: independentAgreement(accuracyA, accuracyB, view.study.analysis.independence),
    accuracyA,
    accuracyB,
    taskIds: [x.taskId, y.taskId] as [string, string],
  };
}

/** The most probable class, the first of equals: with two classes, the second where it is above one half. */
function predicted({ probabilities }: Predictions['images'][number]): number {
  return probabilities.reduce((best, p, i) => (p > (probabilities[best] as number) ? i : best), 0);
}

/** Agreement beyond independence over the folds of a target. */
export interface AgreementSummary extends Pick<Agreement, 'target' | 'strategy' | 'a' | 'b'> {
  observed: number;
  independent: number;
  /** Observed − independent with its 95 % interval, corrected for overlapping folds; null for one fold. */
  excess: { difference: number; low: number; high: number } | null;
}

/** Means over folds, for each target and two sources. */
export function agreementSummaries(view: View, found: readonly Agreement[]): AgreementSummary[] {
  const groups = groupBy(found, ({ target, strategy, a, b }) => JSON.stringify([target, strategy, a, b]));
  return [...groups.values()].flatMap((folds) => {
    const [first] = folds;
    if (!first) return [];
    const { target, strategy, a, b } = first;
    const [observed, independent] = [folds.map((f) => f.observed), folds.map((f) => f.independent)];
    const excess =
      folds.length < 2 ? null : pairedDifference(observed, independent, 0.95, judgedToTrained(view, target));
    return [{ target, strategy, a, b, observed: mean(observed), independent: mean(independent), excess }];
  });
}
