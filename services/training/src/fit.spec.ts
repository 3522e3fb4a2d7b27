import { describe, expect, it } from 'vitest';
import type { FoldData } from './data.js';
import { fit, type FitOptions, type Trainer } from './fit.js';
import {
  beginWith,
  decodeState,
  encodeState,
  type TrainerState,
  type TrainingState,
  type TrainStage,
  type Weights,
} from './state.js';

const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** Images of one pixel, dark ones of class 0 and bright ones of class 1. */
function someData(images = 20): FoldData {
  const brightness = (i: number) => (i % 2 === 0 ? 20 + i : 200 + i);
  const rows = [...Array(images).keys()];
  return {
    pixels: {
      images,
      imageSize: 1,
      read: (wanted) =>
        Promise.resolve(
          Uint8Array.from(wanted.flatMap((i) => [brightness(i), brightness(i), brightness(i)])),
        ),
    },
    labels: Int32Array.from(rows, (i) => i % 2),
    classes: ['dark', 'bright'],
    rows: {
      train: rows.filter((i) => i >= 6),
      validation: rows.filter((i) => i < 6),
      judged: rows.filter((i) => i < 6),
    },
  };
}

/** Logistic regression on the brightness by gradient descent with momentum: slope is the base, bias the head. */
class Logistic implements Trainer {
  static opened: { stage: TrainStage; from: TrainerState }[] = [];
  private readonly values: Float32Array;
  private readonly moments: Float32Array;
  private steps: number;

  constructor(
    from: TrainerState,
    private readonly stage: TrainStage,
  ) {
    Logistic.opened.push({ stage, from });
    this.values = from.weights.get('slope,bias')!.data.slice();
    this.moments = from.optimiser?.moments.get('slope,bias')!.data.slice() ?? new Float32Array(2);
    this.steps = from.optimiser?.steps ?? 0;
  }

  step(images: Float32Array, labels: Int32Array): Promise<number> {
    let loss = 0;
    const gradient = [0, 0];
    labels.forEach((label, i) => {
      const x = images[3 * i]! / 255;
      const p = this.positive(x);
      loss -= Math.log(label === 1 ? p : 1 - p);
      gradient[0]! += (p - label) * x;
      gradient[1]! += p - label;
    });
    this.steps++;
    gradient.forEach((g, k) => {
      if (k === 0 && this.stage.trainable === 'head') return;
      this.moments[k] = 0.9 * this.moments[k]! + g;
      this.values[k]! -= (this.stage.learningRate * this.moments[k]) / this.steps;
    });
    return Promise.resolve(loss / labels.length);
  }

  run(images: Float32Array): Promise<Float32Array> {
    const positives = Array.from({ length: images.length / 3 }, (_, i) =>
      this.positive(images[3 * i]! / 255),
    );
    return Promise.resolve(Float32Array.from(positives.flatMap((p) => [1 - p, p])));
  }

  state(): Promise<TrainerState> {
    const copy = (data: Float32Array): Weights => new Map([['slope,bias', tensor(...data)]]);
    return Promise.resolve({
      weights: copy(this.values),
      optimiser: { steps: this.steps, moments: copy(this.moments) },
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private positive(x: number): number {
    return 1 / (1 + Math.exp(-this.values[0]! * (x - 0.5) - this.values[1]!));
  }
}

const all: TrainStage = {
  learningRate: 0.5,
  maxEpochs: 5,
  patience: 2,
  monitor: 'loss',
  trainable: 'all',
  keep: 'best',
};
const head: TrainStage = { ...all, trainable: 'head', keep: 'last', maxEpochs: 3 };

const options = (over: Partial<FitOptions> = {}): FitOptions => ({
  batchSize: 4,
  preprocessing: 'none',
  augmentation: null,
  stages: [head, all],
  seed: 11,
  signal: new AbortController().signal,
  save: () => Promise.resolve(),
  progress: () => undefined,
  ...over,
});

const open = (from: TrainerState, stage: TrainStage) => Promise.resolve(new Logistic(from, stage));
const start = () => beginWith(new Map([['slope,bias', tensor(0.1, 1)]]));

describe('fitting', () => {
  it('learns, and records each epoch', async () => {
    const { curves } = await fit(open, someData(), start(), options());
    expect(curves.epochs.map(({ epoch, stage }) => [epoch, stage])).toEqual([
      [1, 'head'],
      [2, 'head'],
      [3, 'head'],
      [4, 'all'],
      [5, 'all'],
      [6, 'all'],
      [7, 'all'],
      [8, 'all'],
    ]);
    const [first, last] = [curves.epochs[0]!, curves.epochs.at(-1)!];
    expect(last.validationLoss).toBeLessThan(first.validationLoss);
    expect(last.trainLoss).toBeLessThan(first.trainLoss);
    expect(last).toMatchObject({ validationAuc: 1, learningRate: 0.5 });
    expect(curves.best).toBe(8);
  });

  it('begins each stage with the weights kept and a fresh optimiser, and leaves the base alone in the first', async () => {
    Logistic.opened = [];
    await fit(open, someData(), start(), options());
    const [one, two] = Logistic.opened;
    expect(one!.stage).toBe(head);
    expect(two!.stage).toBe(all);
    expect(two!.from.optimiser).toBeNull();
    const [slope, bias] = two!.from.weights.get('slope,bias')!.data;
    expect(slope).toBe(Math.fround(0.1));
    expect(bias).not.toBe(1);
  });

  it('weighs the smaller last batch by its images', async () => {
    const frozen = { ...all, learningRate: 0, maxEpochs: 1 };
    const one = await fit(open, someData(), start(), options({ stages: [frozen], batchSize: 4 }));
    const two = await fit(open, someData(), start(), options({ stages: [frozen], batchSize: 14 }));
    expect(one.curves.epochs[0]!.trainLoss).toBeCloseTo(two.curves.epochs[0]!.trainLoss, 12);
  });

  it.each([1, 2, 3, 4, 7])('ends alike when it is cut off after epoch %i and goes on', async (epochs) => {
    const whole = await fit(open, someData(), start(), options());
    const cut = new AbortController();
    let saved: Uint8Array | undefined;
    const save = (state: TrainingState) => {
      saved = encodeState(state);
      if (state.curve.length === epochs) cut.abort(new Error('cut off'));
      return Promise.resolve();
    };
    await expect(fit(open, someData(), start(), options({ save, signal: cut.signal }))).rejects.toThrow(
      'cut off',
    );
    expect(await fit(open, someData(), decodeState(saved!), options())).toEqual(whole);
  });

  it('stops before the next step when it is aborted, and closes its trainer', async () => {
    const cut = new AbortController();
    let closed = 0;
    const opened = (from: TrainerState, stage: TrainStage) => {
      const trainer = new Logistic(from, stage);
      trainer.close = () => {
        closed++;
        return Promise.resolve();
      };
      return Promise.resolve(trainer);
    };
    const messages: string[] = [];
    const progress = (_: number, message: string) => {
      messages.push(message);
      if (messages.length === 2) cut.abort(new Error('enough'));
    };
    await expect(fit(opened, someData(), start(), options({ signal: cut.signal, progress }))).rejects.toThrow(
      'enough',
    );
    expect(messages).toHaveLength(2);
    expect(closed).toBe(1);
  });

  it('names stage, epoch and step when the loss explodes', async () => {
    const exploding = (from: TrainerState, stage: TrainStage) => {
      const trainer = new Logistic(from, stage);
      let steps = 0;
      trainer.step = () => Promise.resolve(++steps === 6 ? NaN : 1);
      return Promise.resolve(trainer);
    };
    await expect(fit(exploding, someData(), start(), options())).rejects.toThrow(
      'loss, stage head (learning rate 0.5), epoch 2, step 2 of 4: expected a finite number, found NaN',
    );
  });
});
