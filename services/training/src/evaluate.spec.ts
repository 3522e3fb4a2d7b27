import { describe, expect, it } from 'vitest';
import { aucIntervalOf, score } from './evaluate.js';

const judge = (rows: number[][], labels: number[]) =>
  score({ probabilities: Float32Array.from(rows.flat()), labels: Int32Array.from(labels) });

const binary = [0.1, 0.4, 0.35, 0.8].map((p) => [1 - p, p]);

describe('scores', () => {
  it('of two classes are those of scikit-learn', () => {
    const { loss, accuracy, auc } = judge(binary, [0, 0, 1, 1]);
    // log_loss, accuracy_score and roc_auc_score of the example in scikit-learn's documentation.
    expect(loss).toBeCloseTo((-Math.log(0.9) - Math.log(0.6) - Math.log(0.35) - Math.log(0.8)) / 4, 6);
    expect(accuracy).toBe(0.75);
    expect(auc).toBe(0.75);
  });

  it('take exactly one half for the first class', () => {
    expect(judge([[0.5, 0.5]], [0]).accuracy).toBe(1);
    expect(judge([[0.5, 0.5]], [1]).accuracy).toBe(0);
  });

  it('of several classes weigh each by its images', () => {
    const rows = [
      [0.6, 0.3, 0.1],
      [0.2, 0.5, 0.3],
      [0.5, 0.4, 0.1],
      [0.1, 0.2, 0.7],
    ];
    const { accuracy, auc } = judge(rows, [0, 1, 1, 2]);
    expect(accuracy).toBe(0.75);
    // Each class against the rest: 1 and 1 and 1.
    expect(auc).toBe(1);
    // Class 1 (two images): 3 of 4 pairs right; the others all.
    const swapped = rows.with(2, [0.5, 0.25, 0.25]);
    expect(judge(swapped, [0, 1, 1, 2]).auc).toBeCloseTo((1 + 2 * 0.75 + 1) / 4, 12);
  });

  it('leave a class without images out of the AUC, and have none for a single class', () => {
    const rows = binary.map(([a, b]) => [a!, b!, 0]);
    expect(judge(rows, [0, 0, 1, 1]).auc).toBeCloseTo(0.75, 12);
    expect(judge(binary, [1, 1, 1, 1]).auc).toBeNull();
  });

  it('bound the loss of a certain mistake as Keras does', () => {
    expect(judge([[1, 0]], [1]).loss).toBeCloseTo(-Math.log(1e-7), 6);
  });
});

describe('the interval of an AUC', () => {
  /** Two classes; images of class 1 are likelier to be of it the more of `certain` are. */
  const judgement = (images: number, certain: number) => {
    const p = Array.from({ length: images }, (_, i) =>
      i % 2 === 1 || i >= certain ? 0.5 + (i % 7) / 20 : 0.2,
    );
    return {
      probabilities: Float32Array.from(p.flatMap((each) => [1 - each, each])),
      labels: Int32Array.from(p, (_, i) => i % 2),
    };
  };
  const alone = (images: number) => [...Array(images).keys()];
  const width = (interval: { low: number; high: number } | null) => interval!.high - interval!.low;

  it('holds the AUC, is the same for the same seed and narrower for more images', () => {
    const [few, many] = [judgement(40, 30), judgement(400, 300)];
    const [wide, narrow] = [aucIntervalOf(few, alone(40), 1), aucIntervalOf(many, alone(400), 1)];
    for (const [interval, { auc }] of [[wide, score(few)] as const, [narrow, score(many)] as const]) {
      expect(interval!.low).toBeLessThan(auc!);
      expect(interval!.high).toBeGreaterThan(auc!);
    }
    expect(width(narrow)).toBeLessThan(width(wide) / 2);
    expect(aucIntervalOf(few, alone(40), 1)).toEqual(wide);
    expect(aucIntervalOf(few, alone(40), 2)).not.toEqual(wide);
  });

  it('counts patients, not their images', () => {
    const copies = (values: number[]) => [...values, ...values, ...values, ...values];
    const { probabilities, labels } = judgement(40, 30);
    const four = {
      probabilities: Float32Array.from(copies([...probabilities])),
      labels: Int32Array.from(copies([...labels])),
    };
    const one = aucIntervalOf({ probabilities, labels }, alone(40), 1);
    expect(aucIntervalOf(four, copies(alone(40)), 1)).toEqual(one);
  });

  it('is none where there is no AUC', () => {
    expect(aucIntervalOf({ ...judgement(4, 4), labels: Int32Array.of(1, 1, 1, 1) }, alone(4), 1)).toBeNull();
  });
});
