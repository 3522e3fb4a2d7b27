import { describe, expect, it } from 'vitest';
import { score } from './evaluate.js';

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
