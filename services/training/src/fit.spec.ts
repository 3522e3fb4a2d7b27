import {
  buildNetwork,
  type Engine,
  type StepFound,
  type StepOptions,
  type Trainer,
  type TrainerState,
  type TrainOptions,
  type Weights,
} from '@palimpsest/networks';
import { describe, expect, it } from 'vitest';
import type { FoldData } from './data.js';
import { fit, type FitOptions } from './fit.js';
import { preparesHere } from './preparer.js';
import { learningRateAt } from './schedule.js';
import { beginWith, decodeState, encodeState, type TrainingState, type TrainStage } from './state.js';

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
    patients: rows,
    classes: ['dark', 'bright'],
    rows: {
      train: rows.filter((i) => i >= 6),
      validation: rows.filter((i) => i < 6),
      judged: rows.filter((i) => i < 6),
    },
  };
}

const weightsOf = (slope: number, bias: number): Weights =>
  new Map([['slope,bias', Float32Array.of(slope, bias)]]);

/** Logistic regression on the brightness by gradient descent with momentum: slope is the base, bias the head. */
class Logistic implements Trainer {
  disposed = 0;
  readonly rates: number[] = [];
  readonly parts: StepOptions['part'][] = [];
  private readonly values: Float32Array;
  private readonly moments: Float32Array;
  private steps: number;

  constructor(
    weights: Weights,
    private readonly options: TrainOptions,
  ) {
    this.values = weights.get('slope,bias')!.slice();
    this.moments = options.state?.moments.get('slope,bias')!.slice() ?? new Float32Array(2);
    this.steps = options.state?.steps ?? 0;
  }

  step(
    images: Float32Array,
    labels: ArrayLike<number>,
    { learningRate = 0, part }: StepOptions = {},
  ): Promise<StepFound> {
    this.rates.push(learningRate);
    this.parts.push(part);
    let loss = 0;
    const gradient = [0, 0];
    Array.from(labels).forEach((label, i) => {
      const x = (images[3 * i] ?? 0) / 255;
      const p = positive(this.values, x);
      loss -= Math.log(label === 1 ? p : 1 - p);
      gradient[0]! += (p - label) * x;
      gradient[1]! += p - label;
    });
    this.steps++;
    gradient.forEach((g, k) => {
      if (k === 0 && this.options.trainable === 'head') return;
      const moment = 0.9 * this.moments[k]! + g;
      this.moments[k] = moment;
      this.values[k]! -= (learningRate * moment) / this.steps;
    });
    const found = { loss: loss / labels.length };
    const gradientNorms = new Map([['head', this.steps]]);
    return Promise.resolve(part?.last === false ? found : { ...found, gradientNorms });
  }

  state(): TrainerState {
    const copy = (data: Float32Array): Weights => new Map([['slope,bias', data.slice()]]);
    return {
      weights: copy(this.values),
      optimiser: { steps: this.steps, averaging: 'sum', moments: copy(this.moments) },
    };
  }

  dispose(): Promise<void> {
    this.disposed++;
    return Promise.resolve();
  }
}

function positive(values: Float32Array, x: number): number {
  return 1 / (1 + Math.exp(-values[0]! * (x - 0.5) - values[1]!));
}

/** An engine that remembers what it was asked for. */
class LogisticEngine implements Engine {
  readonly name = 'logistic';
  readonly opened: { trainer: Logistic; weights: Weights; options: TrainOptions }[] = [];

  describe() {
    return Promise.resolve({ engine: 'logistic', version: '1', runtime: 'test' });
  }

  train(_: unknown, weights: Weights, options: TrainOptions) {
    const trainer = new Logistic(weights, options);
    this.opened.push({ trainer, weights, options });
    return Promise.resolve(trainer);
  }

  infer(_: unknown, weights: Weights) {
    const run = (images: Float32Array) => {
      const of = (i: number) => positive(weights.get('slope,bias')!, images[3 * i]! / 255);
      const positives = Array.from({ length: images.length / 3 }, (__, i) => of(i));
      return Promise.resolve({
        probabilities: Float32Array.from(positives.flatMap((p) => [1 - p, p])),
        taps: new Map(),
      });
    };
    return Promise.resolve({ run, dispose: () => Promise.resolve() });
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
  engine: new LogisticEngine(),
  network: buildNetwork('resnet-mini', { imageSize: 32, classes: 2, dropout: 0 }),
  threads: 1,
  preparer: preparesHere,
  lowMemory: false,
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

const start = () => beginWith(weightsOf(0.1, 1));

describe('fitting', () => {
  it('learns, and records each epoch', async () => {
    const { curves } = await fit(someData(), start(), options());
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
    expect(last).toMatchObject({
      validationAuc: 1,
      validationAucInterval: { low: 1, high: 1 },
      learningRate: 0.5,
    });
    expect(curves.best).toBe(8);
  });

  it('begins each stage with the weights kept and a fresh optimiser, and leaves the base alone in the first', async () => {
    const engine = new LogisticEngine();
    await fit(someData(), start(), options({ engine }));
    const [one, two] = engine.opened;
    expect([one!.options.trainable, two!.options.trainable]).toEqual(['head', 'all']);
    expect(two!.options.state).toBeUndefined();
    expect(two!.options.seed).not.toBe(one!.options.seed);
    expect(two!.options.optimiser).toEqual({ learningRate: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
    const [slope, bias] = two!.weights.get('slope,bias')!;
    expect(slope).toBe(Math.fround(0.1));
    expect(bias).not.toBe(1);
  });

  it('gives every step its rate, through the epochs of a stage, and records the last of each epoch', async () => {
    const engine = new LogisticEngine();
    const schedule = { kind: 'cosine', warmupEpochs: 1 } as const;
    const stages = [
      { ...head, maxEpochs: 1 },
      { ...all, maxEpochs: 3, schedule },
    ];
    const { curves } = await fit(someData(), start(), options({ engine, stages }));
    const rates = engine.opened.map(({ trainer }) => trainer.rates);
    const steps = Array.from({ length: 12 }, (_, step) =>
      learningRateAt(stages[1]!, { step, stepsPerEpoch: 4 }),
    );
    expect(rates).toEqual([Array<number>(4).fill(0.5), steps]);
    expect(curves.epochs.map(({ learningRate }) => learningRate)).toEqual([
      0.5,
      steps[3],
      steps[7],
      steps[11],
    ]);
  });

  it('makes one step of several batches, with one rate', async () => {
    const engine = new LogisticEngine();
    const schedule = { kind: 'cosine' } as const;
    const stage = { ...all, schedule, maxEpochs: 2, accumulate: 3 };
    await fit(someData(), start(), options({ engine, stages: [stage] }));
    const [{ trainer, options: asked }] = engine.opened as [(typeof engine.opened)[0]];
    expect(asked.accumulates).toBe(true);
    const epoch = [
      { share: 1 / 3, last: false },
      { share: 1 / 3, last: false },
      { share: 1 / 3, last: true },
      { share: 1, last: true },
    ];
    expect(trainer.parts).toEqual([...epoch, ...epoch]);
    const rateOf = (step: number) => learningRateAt(stage, { step, stepsPerEpoch: 2 });
    expect(trainer.rates).toEqual([0, 0, 0, 1, 2, 2, 2, 3].map(rateOf));
  });

  it('makes the same steps of halved batches, and records how many images are taken at once', async () => {
    const engine = new LogisticEngine();
    const stages = [{ ...all, maxEpochs: 1 }];
    const { curves } = await fit(someData(), start(), options({ engine, stages, batchSize: 6, halvings: 2 }));
    const [{ trainer, options: asked }] = engine.opened as [(typeof engine.opened)[0]];
    expect(asked.accumulates).toBe(true);
    const whole = [2, 1, 2, 1].map((images, i) => ({ share: images / 6, last: i === 3 }));
    const rest = [0.5, 0.5].map((share, i) => ({ share, last: i === 1 }));
    expect(trainer.parts).toEqual([...whole, ...whole, ...rest]);
    expect(curves.epochs[0]!.batchSize).toBe(2);
    const plain = await fit(someData(), start(), options({ stages }));
    expect(plain.curves.epochs[0]).not.toHaveProperty('batchSize');
  });

  it('goes on with the rates of the epoch at which it was cut off', async () => {
    const schedule = { kind: 'step', factor: 0.5, everyEpochs: 1 } as const;
    const over = { stages: [{ ...all, schedule }] };
    const whole = await fit(someData(), start(), options(over));
    const saved: TrainingState[] = [];
    const save = (state: TrainingState) => Promise.resolve(void saved.push(state));
    await fit(someData(), start(), options({ ...over, save }));
    const resumed = decodeState(encodeState(saved[1]!));
    expect(await fit(someData(), resumed, options(over))).toEqual(whole);
    expect(whole.curves.epochs.map(({ learningRate }) => learningRate)).toEqual([
      0.5, 0.25, 0.125, 0.0625, 0.03125,
    ]);
  });

  it('records the mean of the gradient norms over the steps of an epoch, not over their parts', async () => {
    const stages = [{ ...all, maxEpochs: 2 }];
    const whole = await fit(someData(), start(), options({ stages }));
    const normsOf = ({ curves }: typeof whole) => curves.epochs.map(({ gradientNorms }) => gradientNorms);
    expect(normsOf(whole)).toEqual([{ head: (1 + 2 + 3 + 4) / 4 }, { head: (5 + 6 + 7 + 8) / 4 }]);
    const parts = await fit(someData(), start(), options({ stages: [{ ...stages[0]!, accumulate: 2 }] }));
    expect(normsOf(parts)).toEqual([{ head: (2 + 4) / 2 }, { head: (6 + 8) / 2 }]);
  });

  it('weighs the smaller last batch by its images', async () => {
    const frozen = { ...all, learningRate: 0, maxEpochs: 1 };
    const one = await fit(someData(), start(), options({ stages: [frozen], batchSize: 4 }));
    const two = await fit(someData(), start(), options({ stages: [frozen], batchSize: 14 }));
    expect(one.curves.epochs[0]!.trainLoss).toBeCloseTo(two.curves.epochs[0]!.trainLoss, 12);
  });

  it.each([1, 2, 3, 4, 7])('ends alike when it is cut off after epoch %i and goes on', async (epochs) => {
    const whole = await fit(someData(), start(), options());
    const cut = new AbortController();
    let saved: Uint8Array | undefined;
    const save = (state: TrainingState) => {
      saved = encodeState(state);
      if (state.curve.length === epochs) cut.abort(new Error('cut off'));
      return Promise.resolve();
    };
    await expect(fit(someData(), start(), options({ save, signal: cut.signal }))).rejects.toThrow('cut off');
    expect(await fit(someData(), decodeState(saved!), options())).toEqual(whole);
  });

  it('stops before the next step when it is aborted, and disposes of its trainer', async () => {
    const cut = new AbortController();
    const engine = new LogisticEngine();
    const messages: string[] = [];
    const progress = (_: number, message: string) => {
      messages.push(message);
      if (messages.length === 2) cut.abort(new Error('enough'));
    };
    await expect(fit(someData(), start(), options({ engine, signal: cut.signal, progress }))).rejects.toThrow(
      'enough',
    );
    expect(messages).toHaveLength(2);
    expect(engine.opened.map(({ trainer }) => trainer.disposed)).toEqual([1]);
  });

  it('names stage, epoch and step when a loss is no number, and stops an epoch that explodes', async () => {
    const withLosses = (lossOf: (step: number) => number) => {
      const engine = new LogisticEngine();
      engine.train = (_, weights, trainOptions) => {
        const trainer = new Logistic(weights, trainOptions);
        let steps = 0;
        trainer.step = () => Promise.resolve({ loss: lossOf(++steps) });
        return Promise.resolve(trainer);
      };
      return fit(someData(), start(), options({ engine }));
    };
    await expect(withLosses((step) => (step === 6 ? NaN : 1))).rejects.toThrow(
      'loss, stage head (learning rate 0.5), epoch 2, step 2 of 4: expected a finite number, found NaN',
    );
    await expect(withLosses((step) => (step > 4 ? 8.6e6 : 900))).rejects.toThrow(
      'mean loss, stage head (learning rate 0.5), epoch 2: expected less than 1000 nats, found 8.60e+6',
    );
  });

  it('says where it was when validation gives no probabilities', async () => {
    const engine = new LogisticEngine();
    engine.infer = () => {
      const run = (images: Float32Array) => {
        const probabilities = new Float32Array((2 * images.length) / 3).fill(NaN);
        return Promise.resolve({ probabilities, taps: new Map() });
      };
      return Promise.resolve({ run, dispose: () => Promise.resolve() });
    };
    await expect(fit(someData(), start(), options({ engine }))).rejects.toThrow(
      'validation loss, stage head (learning rate 0.5), epoch 1: expected a finite number, found NaN',
    );
  });
});
