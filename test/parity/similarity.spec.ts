import { existsSync, readFileSync } from 'node:fs';
import { readNpy } from '@palimpsest/formats';
import type { Activations } from '@palimpsest/numerics';
import {
  cca,
  fitLine,
  independentAgreement,
  lineBand,
  mean,
  roundHalfEven,
  sd,
  seedFrom,
  summarise,
  transpose,
} from '@palimpsest/numerics';
import { describe, expect, it } from 'vitest';

const golden = new URL('../../../shared/golden/', import.meta.url);
const there = existsSync(golden);
const note = there ? '' : ' (skipped: ../shared not there)';

type Row = Record<string, string>;

function readCsv(name: string): Row[] {
  const lines = readFileSync(new URL(name, golden), 'utf8').trim().split(/\r?\n/);
  const [header, ...rows] = lines.map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(row.map((value, i) => [header![i]!, value])));
}

describe.skipIf(!there)(`CCA of two networks trained on MNIST${note}`, () => {
  /** Points × channels from the file's 10 channels × 10,000 points. */
  const network = (i: number): Activations => {
    const { shape, data } = readNpy(readFileSync(new URL(`svcca/mnist-model${i}-layer04.npy`, golden)));
    return transpose({ rows: shape[0]!, cols: shape[1]!, data });
  };

  // by the formulas of google/svcca's get_cca_similarity in numpy 2.4.6
  it.each([
    [0, 0.7057263136599183],
    [1e-12, 0.7057263136529119],
    [1e-6, 0.705719305748491],
  ])('agrees with google/svcca at epsilon %s', (epsilon, expected) => {
    const { coefficients, warnings } = cca(network(0), network(1), { epsilon });
    expect(coefficients).toHaveLength(10);
    expect(Math.abs(summarise(coefficients, 'mean') / expected - 1)).toBeLessThan(1e-9);
    expect(warnings).toEqual([]);
  });

  /** The same numbers point by point, refilled as 10 × 10,000: channels mixed, but a real spectrum all the same. */
  const refilled = (i: number): Activations => {
    const { rows, cols, data } = network(i);
    return transpose({ rows: cols, cols: rows, data });
  };

  it.each([
    [0, 0.6245437678893762],
    [1e-12, 0.6245437678863882],
    [1e-6, 0.6245407795440836],
  ])('agrees with google/svcca on the refilled matrices at epsilon %s', (epsilon, expected) => {
    const { coefficients } = cca(refilled(0), refilled(1), { epsilon });
    expect(Math.abs(summarise(coefficients, 'mean') / expected - 1)).toBeLessThan(1e-9);
  });
});

/** 8 channels × 400 points of a formula; values by the formulas of google/svcca in numpy 2.4.6. */
describe('CCA of the check vector', () => {
  const points = 400;
  const wave = (a: number, b: number, c: number) => (i: number, j: number) =>
    Math.sin(a * i * j + b * i * i) + (0.5 * Math.cos(c * j) * i) / 8;
  const first = wave(0.37, 0.1, 0.011);
  const other = wave(0.53, 0.3, 0.017);
  const second = (i: number, j: number) => 0.6 * first(9 - i, j) + 0.8 * other(i, j);
  const relu = (f: typeof first) => (i: number, j: number) => Math.max(0, f(i, j));
  const matrix = (f: typeof first, channels = 8): Activations => ({
    rows: points,
    cols: channels,
    data: Float64Array.from({ length: points * channels }, (_, k) =>
      f((k % channels) + 1, Math.floor(k / channels) + 1),
    ),
  });
  const pair = { x: matrix(first), y: matrix(second) };
  const zeros = matrix((i, j) => (i > 8 ? 0 : first(i, j)), 10);

  it.each([
    ['X and Y at 0', pair, 0, 0.6033524448933771],
    ['X and Y at 1e-12', pair, 1e-12, 0.6033524448926945],
    ['X and Y at 1e-6', pair, 1e-6, 0.6033517621665071],
    ['X and five rows of Y', { ...pair, y: matrix(second, 5) }, 1e-12, 0.6166306389556826],
    ['relu(X) and relu(Y)', { x: matrix(relu(first)), y: matrix(relu(second)) }, 1e-12, 0.5122781434515332],
    ['X with two rows of zeros and Y', { ...pair, x: zeros }, 1e-12, 0.6033524448926945],
  ])('agrees to 1e-9: %s', (...[, { x, y }, epsilon, expected]) => {
    const { coefficients } = cca(x, y, { epsilon });
    expect(coefficients).toHaveLength(Math.min(8, y.cols));
    expect(Math.abs(summarise(coefficients, 'mean') / expected - 1)).toBeLessThan(1e-9);
  });
});

describe.skipIf(!there)(`Table 2 of the paper${note}`, () => {
  it('has its means to 1 and its standard deviations to 2 decimals in all 35 cells', () => {
    const folds = readCsv('results/AUC.csv');
    const cells = new Map(
      readCsv('results/AUC_mean.csv').map((row) => [`${row.target} ${row.source} ${row.freeze}`, row]),
    );
    expect(cells.size).toBe(35);
    for (const [cell, row] of cells) {
      const scores = folds
        .filter((fold) => `${fold.target} ${fold.source} ${fold.freeze}` === cell)
        .map((fold) => 100 * Number(fold.AUC));
      expect(scores, cell).toHaveLength(5);
      expect(roundHalfEven(mean(scores), 1), cell).toBe(Number(row.mean));
      expect(roundHalfEven(sd(scores), 2), cell).toBe(Number(row.std));
    }
  });
});

describe.skipIf(!there)(`Figure 6 of the paper${note}`, () => {
  const layers = ['conv1', 'block1', 'block2', 'block3', 'block4'] as const;

  function points(source: string, file: string): { row: Row; gain: number }[] {
    const scores = readCsv('results/AUC.csv').filter((row) => row.freeze === 'freezeFalse');
    const score = (target: string, of: string, fold: string) =>
      Number(scores.find((row) => row.target === target && row.source === of && row.fold === fold)!.AUC);
    return readCsv(file).map((row) => {
      const random = score(row.stimuli!, 'random', row.fold!);
      return { row, gain: (score(row.stimuli!, source, row.fold!) - random) / random };
    });
  }

  it.each([
    [
      'ImageNet',
      'results/simVSaucImNet.csv',
      [-1.149063, -0.14986, -0.216478, -0.208804, -0.242321],
      [-0.16, -0.03, -0.07, -0.1, -0.13],
    ],
    [
      'RadImageNet',
      'results/simVSaucRadNet.csv',
      [-0.438235, -1.925079, -1.640426, -2.996042, -2.462795],
      [-0.15, -0.45, -0.43, -0.56, -0.47],
    ],
  ])('has the slopes and correlations of %s', (source, file, slopes, correlations) => {
    const found = points(source, file);
    expect(found).toHaveLength(35);
    const lines = layers.map((layer) =>
      fitLine(
        found.map(({ row }) => Number(row[layer])),
        found.map(({ gain }) => gain),
      ),
    );
    expect(lines.map(({ slope }) => roundHalfEven(slope, 6))).toEqual(slopes);
    expect(lines.map(({ r }) => roundHalfEven(r, 2))).toEqual(correlations);
  });

  it('has a slope of RadImageNet that 0 is outside of for points, and inside of for targets', () => {
    const found = points('RadImageNet', 'results/simVSaucRadNet.csv');
    const x = found.map(({ row }) => Number(row.block4));
    const y = found.map(({ gain }) => gain);
    const options = { at: [], resamples: 1000, level: 0.95, seed: seedFrom('figure 6') };
    expect(lineBand(x, y, options).slope.high).toBeLessThan(0);
    const clusters = found.map(({ row }) => row.stimuli!);
    expect(lineBand(x, y, { ...options, clusters }).slope.high).toBeGreaterThan(0);
  });
});

/**
 * The accuracies behind the stored baselines were float32 shares of whole images; each baseline tells which.
 * The number of images of isic and pcam-small is the smallest from 1,990 on that makes `real` a share.
 */
describe.skipIf(!there)(`prediction similarity of the paper${note}`, () => {
  const pairs = there ? readCsv('results/similarity.csv') : [];
  const real = pairs.filter((row) => row.prob === 'real');
  const baselineOf = (pair: Row) =>
    Number(
      pairs.find(
        (row) =>
          row.prob === 'rand' &&
          row.target === pair.target &&
          row.freeze === pair.freeze &&
          row.fold === pair.fold,
      )!.value,
    );
  const multiplied = new Set(['isic', 'pcam-small']);

  it('has baselines of five targets that square the first accuracy', () => {
    const squared = real.filter((row) => !multiplied.has(row.target!));
    expect(squared).toHaveLength(50);
    for (const pair of squared) {
      const images = foldSize(pair.target!, Number(pair.fold!.slice(-1)));
      const accuracies = Array.from({ length: images + 1 }, (_, right) => Math.fround(right / images));
      const found = accuracies.some(
        (a) => Math.abs(independentAgreement(a, 0, 'first-squared') - baselineOf(pair)) < 1e-12,
      );
      expect(found, JSON.stringify(pair)).toBe(true);
    }
  });

  it('has baselines of isic and pcam-small that are the product of two accuracies which allow the agreement', () => {
    const products = real.filter((row) => multiplied.has(row.target!));
    expect(products).toHaveLength(20);
    for (const pair of products) {
      const images = imagesFrom(Number(pair.value), 1990);
      const wrongTogether = images * (1 - Number(pair.value));
      const solutions = solve(baselineOf(pair), images).filter(([a, b]) => b - a <= wrongTogether + 1e-6);
      expect(solutions, JSON.stringify(pair)).not.toHaveLength(0);
    }
  });

  function foldSize(target: string, fold: number): number {
    return readCsv(`folds/${target}.csv`).filter((row) => Number(row.fold) === fold).length;
  }

  function imagesFrom(share: number, least: number): number {
    let images = least;
    while (Math.abs(share * images - Math.round(share * images)) > 1e-9) images++;
    return images;
  }

  /** Pairs of right answers a <= b whose product baseline is the one stored. */
  function solve(baseline: number, images: number): [number, number][] {
    const solutions: [number, number][] = [];
    for (let a = 0; a <= images; a++) {
      const first = Math.fround(a / images);
      const b = Math.round(((baseline - 1 + first) / (2 * first - 1)) * images);
      if (b < a || b > images) continue;
      const found = independentAgreement(first, Math.fround(b / images), 'product');
      if (Math.abs(found - baseline) < 1e-12) solutions.push([a, b]);
    }
    return solutions;
  }
});
