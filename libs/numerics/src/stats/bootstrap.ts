import { Random } from '../random/random.js';
import type { Seed } from '../random/seed.js';
import type { Interval } from './interval.js';
import { quantile } from './moments.js';

export interface BootstrapOptions {
  /** How often to draw anew; 1,000 or more. */
  readonly resamples: number;
  /** Of confidence, in (0, 1). */
  readonly level: number;
  readonly seed: Seed;
  /** The cluster of each point, for instance a target or a patient: whole clusters are then drawn. */
  readonly clusters?: ArrayLike<string | number>;
}

export interface BootstrapInterval extends Interval {
  /** Resamples in which the statistic existed, the only ones that count. */
  readonly used: number;
}

/**
 * Percentile bootstrap interval of any statistic of some points.
 *
 * @param points how many there are
 * @param statistic of the points with these numbers, some repeated; NaN where it does not exist
 * @throws RangeError when there are no points, or the statistic exists in no resample
 *
 * Reference: Efron 1979, Ann. Stat. 7, 1–26; of clusters: Field and Welsh 2007, JRSS B 69, 369–390.
 */
export function bootstrapInterval(
  points: number,
  statistic: (points: Int32Array) => number,
  options: BootstrapOptions,
): BootstrapInterval {
  return percentileInterval(Array.from(resamples(points, options), statistic), options.level);
}

/** The middle `level` of some estimates; those that are NaN do not count. */
export function percentileInterval(estimates: readonly number[], level: number): BootstrapInterval {
  const sorted = Float64Array.from(estimates.filter((estimate) => !Number.isNaN(estimate))).sort();
  if (sorted.length === 0) throw new RangeError('bootstrap: the statistic does not exist in any resample');
  return {
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
    used: sorted.length,
  };
}

/** Draws with replacement, one after the other: numbers of points, or of all points of the clusters drawn. */
export function* resamples(points: number, options: BootstrapOptions): Generator<Int32Array> {
  requireBootstrap(points, options);
  const random = new Random(options.seed);
  const units = unitsOf(points, options.clusters);
  for (let i = 0; i < options.resamples; i++) {
    yield Int32Array.from(units.flatMap(() => units[random.integer(units.length)] as number[]));
  }
}

/** What is drawn at once: each point alone, or the points of each cluster, clusters by first appearance. */
function unitsOf(points: number, clusters: BootstrapOptions['clusters']): number[][] {
  const units = new Map<string | number, number[]>();
  for (let i = 0; i < points; i++) {
    const key = clusters?.[i] ?? i;
    const unit = units.get(key);
    if (unit) unit.push(i);
    else units.set(key, [i]);
  }
  return [...units.values()];
}

function requireBootstrap(points: number, { resamples, level, clusters }: BootstrapOptions): void {
  if (points < 1) throw new RangeError('bootstrap: expected at least 1 point, found none');
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`bootstrap: expected at least 1 resample, found ${resamples}`);
  }
  if (!(level > 0 && level < 1))
    throw new RangeError(`bootstrap: expected a level in (0, 1), found ${level}`);
  if (clusters && clusters.length !== points) {
    throw new RangeError(`bootstrap: expected the clusters of ${points} points, found ${clusters.length}`);
  }
}
