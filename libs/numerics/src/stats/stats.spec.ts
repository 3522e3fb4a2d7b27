import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { seedFrom } from '../random/seed.js';
import { aucOneVsRest, rocAuc } from './auc.js';
import { bootstrapInterval } from './bootstrap.js';
import { aucInterval } from './delong.js';
import { normalQuantile, studentCritical, studentTwoSided } from './distributions.js';
import { holm } from './holm.js';
import { fitLine, lineBand } from './line.js';
import { mean, quantile, roundHalfEven, sd } from './moments.js';
import { pairedDifference } from './paired-difference.js';

const scores = [0.6, 0.7, 0.3, 0.5, 0.9, 0.9, 0.1, 0.2, 0.1, 0.4, 0, 0.5];
const positive = [0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1];

describe('moments', () => {
  it('are the mean and the standard deviation of a sample', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(sd([1, 2, 6])).toBe(Math.sqrt(7));
    expect(() => mean([])).toThrow('found none');
    expect(() => sd([1])).toThrow('at least 2 values, found 1');
  });

  // numpy 2.4.6
  it.each([
    [2.5, 0, 2],
    [3.5, 0, 4],
    [-2.5, 0, -2],
    [0.285, 2, 0.28],
    [1.005, 2, 1],
    [2.675, 2, 2.68],
    [0.125, 2, 0.12],
    [-0.125, 2, -0.12],
  ])('rounds %d to %i decimals as numpy does', (value, digits, expected) => {
    expect(roundHalfEven(value, digits)).toBe(expected);
  });

  it('have quantiles as in numpy', () => {
    const sorted = [1, 2, 4, 8, 16];
    expect([0.025, 0.3, 0.975].map((share) => quantile(sorted, share))).toEqual([1.1, 2.4, 15.2]);
    expect([quantile(sorted, 0), quantile(sorted, 1)]).toEqual([1, 16]);
  });
});

describe('rocAuc', () => {
  it('is as in scikit-learn, with ties', () => {
    expect(rocAuc(scores, positive)).toBeCloseTo(0.3857142857142857, 15);
  });

  it('is the share of pairs that are in order, ties counting half', () => {
    const cases = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 2 });
    fc.assert(
      fc.property(cases, (rows) => {
        const [x, y] = [rows.map(([score]) => score), rows.map(([, is]) => is)];
        fc.pre(y.includes(true) && y.includes(false));
        const above = x.filter((_, i) => y[i]);
        const below = x.filter((_, i) => !y[i]);
        const won = above.flatMap((a) => below.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)));
        expect(rocAuc(x, y)).toBeCloseTo(mean(won), 13);
      }),
      { seed: 1 },
    );
  });

  it('refuses one class only, other lengths, and NaN', () => {
    expect(() => rocAuc([1, 2], [1, 1])).toThrow('expected both classes, found 2 positive and 0 negative');
    expect(() => rocAuc([1, 2], [1])).toThrow('expected 2 labels, found 1');
    expect(() => rocAuc([1, NaN], [1, 0])).toThrow('found NaN');
  });
});

describe('aucOneVsRest', () => {
  const rows = [
    [0.419, 0.13, 0.451],
    [0.515, 0.014, 0.471],
    [0.257, 0.458, 0.285],
    [0.611, 0.3, 0.089],
    [0.295, 0.568, 0.137],
    [0.072, 0.14, 0.788],
    [0.52, 0.155, 0.325],
    [0.766, 0.195, 0.039],
    [0.456, 0.351, 0.193],
    [0.181, 0.37, 0.449],
  ];
  const table = { rows: 10, cols: 3, data: Float64Array.from(rows.flat()) };
  const labels = [0, 1, 2, 0, 1, 1, 2, 0, 0, 1];

  // scikit-learn 1.9.1, multi_class='ovr', average='weighted'
  it('is as in scikit-learn', () => {
    const { auc, perClass } = aucOneVsRest(table, labels, { absent: 'error' });
    expect(auc).toBeCloseTo(0.6333333333333334, 15);
    expect(perClass.map((value) => roundHalfEven(value!, 12))).toEqual([0.833333333333, 0.5, 0.5]);
  });

  it('names a class that is absent, or leaves it out', () => {
    const two = labels.map((label) => label % 2);
    const classes = ['acl', 'meniscus', 'none'];
    expect(() => aucOneVsRest(table, two, { absent: 'error', classes })).toThrow(
      'found none of class "none"',
    );
    const { auc, perClass } = aucOneVsRest(table, two, { absent: 'skip' });
    expect(perClass[2]).toBeNull();
    expect(auc).toBeCloseTo(0.6 * perClass[0]! + 0.4 * perClass[1]!, 15);
  });

  it('refuses labels that are no class, and cases of one class', () => {
    expect(() => aucOneVsRest(table, labels.with(4, 3), { absent: 'skip' })).toThrow(
      'expected labels 0 to 2, found 3 in case 4',
    );
    expect(() => aucOneVsRest(table, labels.fill(1), { absent: 'skip' })).toThrow('expected both classes');
  });
});

describe('aucInterval', () => {
  // DeLong's components by their definition in numpy 2.4.6
  it('is that of DeLong', () => {
    const { auc, standardError, low, high } = aucInterval(scores, positive, 0.95);
    expect(auc).toBeCloseTo(0.38571428571428573, 14);
    expect(standardError).toBeCloseTo(0.17718509481084815, 14);
    expect(low).toBeCloseTo(0.03843788128770853, 13);
    expect(high).toBeCloseTo(0.7329906901408629, 13);
  });

  it('stays within [0, 1] and refuses a single positive', () => {
    expect(aucInterval([1, 2, 3, 4, 5], [0, 1, 0, 1, 1], 0.99).high).toBe(1);
    expect(() => aucInterval([1, 2, 3], [0, 0, 1], 0.95)).toThrow('at least 2 cases of each class, found 1');
  });
});

// scipy 1.17.1
describe('distributions', () => {
  it.each([
    [0.05, 1, 12.706204736174705],
    [0.05, 4, 2.7764451051977943],
    [0.05, 9, 2.2621571627982053],
    [0.05, 100, 1.983971518523552],
    [0.01, 4, 4.604094871349993],
    [1e-6, 1, 636619.7723670577],
    [1e-6, 4, 49.45863675693464],
  ])('have the critical t of %d at %i degrees of freedom', (share, df, expected) => {
    expect(Math.abs(studentCritical(share, df) / expected - 1)).toBeLessThan(1e-12);
  });

  it.each([
    [0.5, 4, 0.6433299631818633],
    [2.5, 4, 0.06676654481198814],
    [12, 3, 0.0012450158007893362],
    [1.2, 30, 0.23953035088966237],
    [0, 4, 1],
    [Infinity, 4, 0],
  ])('have the two sides of t = %d at %i degrees of freedom', (t, df, expected) => {
    expect(studentTwoSided(t, df)).toBeCloseTo(expected, 13);
    expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
  });

  it.each([
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.999999, 4.753424308817087],
    [0.025, -1.9599639845400545],
  ])('have the normal quantile of %d', (share, expected) => {
    expect(normalQuantile(share)).toBeCloseTo(expected, 9);
  });

  it('refuse shares outside (0, 1)', () => {
    expect(() => normalQuantile(1)).toThrow(RangeError);
    expect(() => studentCritical(0, 4)).toThrow(RangeError);
  });
});

describe('bootstrapInterval', () => {
  const random = new Random(seedFrom('data'));
  const data = Array.from({ length: 100 }, () => random.normal());
  const ofMean = (points: Int32Array) => mean(points.map((i) => data[i]! * 1e6)) / 1e6;
  const options = { resamples: 2000, level: 0.95, seed: seedFrom('bootstrap') };

  it('is near the interval that theory gives for a mean', () => {
    const { low, high, used } = bootstrapInterval(100, ofMean, options);
    const reach = (1.96 * sd(data)) / 10;
    expect(Math.abs(low - (mean(data) - reach))).toBeLessThan(0.02);
    expect(Math.abs(high - (mean(data) + reach))).toBeLessThan(0.02);
    expect(used).toBe(2000);
  });

  it('is the same for the same seed and another for another', () => {
    const interval = bootstrapInterval(100, ofMean, options);
    expect(bootstrapInterval(100, ofMean, options)).toEqual(interval);
    expect(bootstrapInterval(100, ofMean, { ...options, seed: seedFrom('x') })).not.toEqual(interval);
  });

  it('draws whole clusters, which widens it when points of a cluster are alike', () => {
    const clusters = data.map((_, i) => i % 10);
    const alike = (points: Int32Array) => mean(Array.from(points, (i) => data[i % 10]!));
    const wide = bootstrapInterval(100, alike, { ...options, clusters });
    const narrow = bootstrapInterval(100, alike, options);
    expect(wide.high - wide.low).toBeGreaterThan(2 * (narrow.high - narrow.low));
    bootstrapInterval(
      100,
      (points) => {
        expect(points).toHaveLength(100);
        expect(new Set(Array.from(points, (i) => i % 10)).size * 10).toBe(new Set(points).size);
        return 0;
      },
      { ...options, clusters, resamples: 50 },
    );
  });

  it('does not count resamples in which the statistic does not exist', () => {
    const sometimes = (points: Int32Array) => (points.includes(0) ? 1 : NaN);
    const { low, used } = bootstrapInterval(2, sometimes, options);
    expect(low).toBe(1);
    expect(used).toBeGreaterThan(1400);
    expect(used).toBeLessThan(1600);
    expect(() => bootstrapInterval(2, () => NaN, options)).toThrow('does not exist in any resample');
  });

  it('refuses no points, no resamples, a wrong level and clusters of other points', () => {
    expect(() => bootstrapInterval(0, ofMean, options)).toThrow('at least 1 point');
    expect(() => bootstrapInterval(1, ofMean, { ...options, resamples: 0 })).toThrow('found 0');
    expect(() => bootstrapInterval(1, ofMean, { ...options, level: 95 })).toThrow('found 95');
    expect(() => bootstrapInterval(2, ofMean, { ...options, clusters: [1] })).toThrow('2 points, found 1');
  });
});

describe('fitLine', () => {
  // scipy 1.17.1 linregress
  it('is as in scipy', () => {
    const { slope, intercept, r } = fitLine([1, 2, 4, 5, 7], [2, 1, 3, 6, 5]);
    expect(slope).toBeCloseTo(0.719298245614035, 14);
    expect(intercept).toBeCloseTo(0.666666666666667, 14);
    expect(r).toBeCloseTo(0.8281560923279462, 14);
  });

  it('has r = 0 for a level line and refuses a vertical one', () => {
    expect(fitLine([1, 2, 3], [5, 5, 5])).toEqual({ slope: 0, intercept: 5, r: 0 });
    expect(() => fitLine([0.1, 0.1, 0.1], [1, 2, 3])).toThrow('expected different x, found only 0.1');
    expect(() => fitLine([1], [1])).toThrow('at least 2 points, found 1 x and 1 y');
  });
});

describe('lineBand', () => {
  const random = new Random(seedFrom('line'));
  const x = Array.from({ length: 40 }, (_, i) => i / 40);
  const y = x.map((value) => 2 * value + 1 + 0.1 * random.normal());
  const options = { at: [0, 0.5, 1], resamples: 500, level: 0.95, seed: seedFrom('band') };

  it('holds the line, and is narrowest in the middle', () => {
    const { line, slope, band } = lineBand(x, y, options);
    expect(slope.low).toBeLessThan(2);
    expect(slope.high).toBeGreaterThan(2);
    expect(band.map((point) => point.x)).toEqual([0, 0.5, 1]);
    for (const { x: at, y: height, low, high } of band) {
      expect(height).toBeCloseTo(line.intercept + line.slope * at, 14);
      expect(low).toBeLessThan(height);
      expect(high).toBeGreaterThan(height);
    }
    const widths = band.map(({ low, high }) => high - low);
    expect(widths[1]).toBeLessThan(Math.min(widths[0]!, widths[2]!));
  });

  it('does not count resamples of one place only', () => {
    const { slope } = lineBand([0, 0, 1], [0, 1, 2], options);
    expect(slope.used).toBeLessThan(500);
    expect(slope.used).toBeGreaterThan(250);
  });
});

describe('pairedDifference', () => {
  const a = [0.898, 0.957, 0.926, 0.891, 0.855];
  const b = [0.881, 0.819, 0.938, 0.886, 0.89];

  // the formula of Nadeau and Bengio with scipy 1.17.1
  it('is the corrected resampled t test', () => {
    const found = pairedDifference(a, b, 0.95);
    expect(found.difference).toBeCloseTo(0.0226, 14);
    expect(found.standardError).toBeCloseTo(0.04521598168789438, 14);
    expect(found.t).toBeCloseTo(0.4998232739034103, 12);
    expect(found.p).toBeCloseTo(0.6434438732662143, 12);
    expect(found.low).toBeCloseTo(-0.10293969103406743, 12);
    expect(found.high).toBeCloseTo(0.14813969103406746, 12);
  });

  it('turns round with its arguments', () => {
    const [one, other] = [pairedDifference(a, b, 0.9), pairedDifference(b, a, 0.9)];
    expect(other.p).toBe(one.p);
    expect(other.low).toBeCloseTo(-one.high, 15);
  });

  it('is sure of settings that always differ by the same, and sees no difference in equal ones', () => {
    expect(pairedDifference([2, 3, 4], [1, 2, 3], 0.95)).toMatchObject({
      p: 0,
      low: 1,
      high: 1,
      t: Infinity,
    });
    expect(pairedDifference(a, a, 0.95)).toMatchObject({ p: 1, low: 0, high: 0, t: 0 });
  });

  it('refuses other folds, and one', () => {
    expect(() => pairedDifference(a, [1], 0.95)).toThrow('found 5 and 1');
    expect(() => pairedDifference([1], [1], 0.95)).toThrow('at least 2 folds');
  });
});

describe('holm', () => {
  it('multiplies each p by the comparisons left, and keeps their order', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => roundHalfEven(p, 12))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });

  it('refuses what is no probability', () => {
    expect(() => holm([0.1, 1.2])).toThrow('found 1.2');
  });
});
