import type { BootstrapInterval, BootstrapOptions } from './bootstrap.js';
import { percentileInterval, resamples } from './bootstrap.js';
import type { Interval } from './interval.js';

/** y = intercept + slope · x by least squares, with Pearson's correlation r. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
  readonly r: number;
}

/**
 * Least-squares line through points.
 *
 * @throws RangeError when there are fewer than two points, x and y differ in length, or all x are equal
 */
export function fitLine(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  if (x.length !== y.length || x.length < 2) {
    throw new RangeError(`fitLine: expected at least 2 points, found ${x.length} x and ${y.length} y`);
  }
  const line = lineThrough(
    x,
    y,
    Int32Array.from({ length: x.length }, (_, i) => i),
  );
  if (Number.isNaN(line.slope))
    throw new RangeError(`fitLine: expected different x, found only ${x[0] ?? ''}`);
  return line;
}

/** A point of the line with the interval of the line there. */
export interface BandPoint extends Interval {
  readonly x: number;
  readonly y: number;
}

export interface LineBand {
  readonly line: Line;
  readonly slope: BootstrapInterval;
  readonly band: readonly BandPoint[];
}

/**
 * Least-squares line with bootstrap intervals of its slope and of its height at given x. With clusters, as of the
 * folds of one target, whole clusters are drawn, which is what other targets would have given.
 *
 * @param at where the band is wanted
 * @throws RangeError as `fitLine` and `bootstrapInterval`
 */
export function lineBand(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: BootstrapOptions & { readonly at: ArrayLike<number> },
): LineBand {
  const line = fitLine(x, y);
  const lines = Array.from(resamples(x.length, options), (points) => lineThrough(x, y, points));
  const slopes = lines.map(({ slope }) => slope);
  const band = Array.from(options.at, (place) => {
    const heights = lines.map(({ slope, intercept }) => intercept + slope * place);
    const { low, high } = percentileInterval(heights, options.level);
    return { x: place, y: line.intercept + line.slope * place, low, high };
  });
  return { line, slope: percentileInterval(slopes, options.level), band };
}

/** NaN where all x are equal: a resample may have drawn one point only. */
function lineThrough(x: ArrayLike<number>, y: ArrayLike<number>, points: Int32Array): Line {
  const centreX = points.reduce((sum, i) => sum + (x[i] as number), 0) / points.length;
  const centreY = points.reduce((sum, i) => sum + (y[i] as number), 0) / points.length;
  let [xx, xy, yy] = [0, 0, 0];
  for (const i of points) {
    const dx = (x[i] as number) - centreX;
    const dy = (y[i] as number) - centreY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = points.every((i) => x[i] === x[points[0] as number]) ? NaN : xy / xx;
  return { slope, intercept: centreY - slope * centreX, r: yy === 0 ? 0 : xy / Math.sqrt(xx * yy) };
}
