import type { Strategy } from '@palimpsest/contracts';
import { holm, mean, pairedDifference, sd } from '@palimpsest/numerics';
import { armOf, bothRandom, couplesOf, mainStrategy, type JudgedArm, type View } from '../view.js';

/** AUC of an arm over its folds, in [0, 1]; folds whose judged images hold one class only have none. */
export interface AucSummary {
  arm: JudgedArm;
  values: number[];
  mean: number | null;
  /** With divisor n − 1; null for fewer than two folds. */
  sd: number | null;
  /** Deviation of one training from another of the same fold, pooled over folds; null where each has one seed only. */
  sdOfSeeds: number | null;
}

/** Mean and standard deviation over folds of every arm and probe. */
export function aucSummaries(view: View): AucSummary[] {
  return [...view.arms, ...view.probes].map(aucSummary);
}

/** Mean and standard deviations of one arm. */
export function aucSummary(arm: JudgedArm): AucSummary {
  const values = arm.folds.flatMap(({ auc }) => (auc === null ? [] : [auc]));
  return {
    arm,
    values,
    mean: values.length > 0 ? mean(values) : null,
    sd: values.length > 1 ? sd(values) : null,
    sdOfSeeds: pooledSd(arm.folds.map(({ seeds }) => seeds.flatMap(({ auc }) => auc ?? []))),
  };
}

/** √(Σ squared deviations from the mean of the own group / Σ (size − 1)); null where no group has two values. */
function pooledSd(groups: readonly number[][]): number | null {
  const several = groups.filter(({ length }) => length > 1);
  if (several.length === 0) return null;
  const degrees = several.map(({ length }) => length - 1);
  const squares = several.map((group, i) => sd(group) ** 2 * (degrees[i] as number));
  return Math.sqrt(mean(squares) / mean(degrees));
}

/** How much better one arm is than another on the same folds of a target. */
export interface AucDifference {
  target: string;
  a: JudgedArm;
  b: JudgedArm;
  /** Mean of a − b over folds, in AUC (1 is 100 points), with the 95 % interval of the corrected resampled t test. */
  difference: number;
  low: number;
  high: number;
  p: number;
  /** p adjusted by Holm's method over the targets on which the same two were compared. */
  holm: number;
  folds: number;
}

/** Every two sources, trained the same way, on every target; adjusted over targets. A random start is what it is. */
export function sourceDifferences(view: View, strategy: Strategy): AucDifference[] {
  const couples = couplesOf(view.sources).filter(
    (couple) => strategy === mainStrategy(view.study) || !bothRandom(view, couple),
  );
  return couples.flatMap(([a, b]) =>
    adjusted(
      view.targets.flatMap((target) =>
        differenceOf(view, armOf(view, target, a, strategy), armOf(view, target, b, strategy)),
      ),
    ),
  );
}

/** What training the head first changes, a source at a time; adjusted over targets. */
export function strategyDifferences(view: View): AucDifference[] {
  const find = (target: string, source: string, strategy: Strategy) =>
    view.arms.find((arm) => arm.target === target && arm.source === source && arm.strategy === strategy);
  return view.sources.flatMap((source) =>
    adjusted(
      view.targets.flatMap((target) =>
        differenceOf(view, find(target, source, 'freeze'), find(target, source, 'finetune')),
      ),
    ),
  );
}

/** What training makes of a source beyond a linear head on it as it is; adjusted over targets. Empty without probes. */
export function probeDifferences(view: View): AucDifference[] {
  return view.sources.flatMap((source) =>
    adjusted(
      view.probes
        .filter((probe) => probe.source === source)
        .flatMap((probe) =>
          differenceOf(view, armOf(view, probe.target, source, mainStrategy(view.study)), probe),
        ),
    ),
  );
}

function differenceOf(
  view: View,
  a: JudgedArm | undefined,
  b: JudgedArm | undefined,
): Omit<AucDifference, 'holm'>[] {
  if (!a || !b) return [];
  const both = a.folds.flatMap((x) => {
    const y = b.folds.find(({ fold }) => fold === x.fold);
    return x.auc === null || y === undefined || y.auc === null ? [] : [{ a: x.auc, b: y.auc }];
  });
  if (both.length < 2) return [];
  const { difference, low, high, p } = pairedDifference(
    both.map((pair) => pair.a),
    both.map((pair) => pair.b),
    0.95,
    judgedToTrained(view, a.target),
  );
  return [{ target: a.target, a, b, difference, low, high, p, folds: both.length }];
}

function adjusted(differences: Omit<AucDifference, 'holm'>[]): AucDifference[] {
  const ps = holm(differences.map(({ p }) => p));
  return differences.map((difference, i) => ({ ...difference, holm: ps[i] as number }));
}

/** Judged images for every image trained on, mean over folds: what the correction for overlapping folds needs. */
export function judgedToTrained(view: View, target: string): number {
  const manifest = view.datasets.find(({ name }) => name === target)?.manifest;
  if (!manifest) throw new RangeError(`target ${target}: its dataset is not among the results`);
  const ratios = Array.from({ length: manifest.folds }, (_, i) => {
    const held = manifest.images.filter(({ fold }) => fold === i + 1);
    const judged = held.filter(({ role }) => role !== 'validation');
    return judged.length / (manifest.images.length - held.length);
  });
  return mean(ratios);
}

/** How two sources compare over targets, each target counting once. */
export interface OverallDifference {
  a: string;
  b: string;
  targets: number;
  /** Targets on which a has the higher mean. */
  leads: number;
  difference: number;
  /** 95 % interval of Student's t with targets as the units; null for fewer than three. */
  interval: { low: number; high: number } | null;
}

/** Every two sources over all targets on which both were judged. */
export function overallDifferences(
  differences: readonly AucDifference[],
  sources: readonly string[],
): OverallDifference[] {
  return couplesOf(sources).flatMap(([a, b]) => {
    const found = differences.filter((d) => d.a.source === a && d.b.source === b);
    if (found.length === 0) return [];
    const values = found.map(({ difference }) => difference);
    const leads = values.filter((value) => value > 0).length;
    return [
      { a, b, targets: values.length, leads, difference: mean(values), interval: intervalOver(values) },
    ];
  });
}

function intervalOver(values: readonly number[]): OverallDifference['interval'] {
  if (values.length < 3) return null;
  const zeros = values.map(() => 0);
  const { low, high } = pairedDifference(values, zeros, 0.95, 0);
  return { low, high };
}
