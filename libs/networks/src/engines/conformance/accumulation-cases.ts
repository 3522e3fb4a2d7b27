/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine, StepOptions, Trainer, TrainOptions } from '../../engine.js';
import type { Network } from '../../network.js';
import {
  adam,
  anyBatch,
  anyWeights,
  asReference,
  relativeError,
  smallNetwork,
  tinyNetwork,
  type Batch,
} from './cases.js';
import { optimisers } from './optimiser-cases.js';
import { numericGradient, reference } from './reference.js';

const options = { trainable: 'all', seed: 3, accumulates: true } as const;

/** Images from one up to another, without it. */
function slice({ images, labels }: Batch, from: number, to: number): Batch {
  const length = images.length / labels.length;
  return { images: images.slice(from * length, to * length), labels: labels.slice(from, to) };
}

/** A step of a batch of six in parts of one, two and three images. */
async function stepInParts(trainer: Trainer, batch: Batch, how: StepOptions = {}): Promise<number> {
  let loss = 0;
  for (const [from, to] of [
    [0, 1],
    [1, 3],
    [3, 6],
  ] as const) {
    const { images, labels } = slice(batch, from, to);
    const share = (to - from) / 6;
    const found = await trainer.step(images, labels, { ...how, part: { share, last: to === 6 } });
    loss += share * found.loss;
  }
  return loss;
}

function withoutNorms(): Network {
  return smallNetwork({ imageSize: 5, classes: 3 }, (net) =>
    net.relu('out', net.conv('conv', 'images', { filters: 4, kernel: 3 })),
  );
}

/** Steps that come in parts. */
export function accumulationCases(engine: Engine): void {
  it.each(Object.entries(optimisers))(
    'are those of one large batch where there is no batch norm: %s',
    async (_, optimiser) => {
      const network = withoutNorms();
      const open = () => engine.train(network, anyWeights(network), { ...options, optimiser });
      const [whole, parts] = [await open(), await open()];
      for (const seed of [1, 2, 3]) {
        const batch = anyBatch(network, 6, seed);
        const how = { learningRate: optimiser.learningRate / seed };
        const { loss } = await whole.step(batch.images, batch.labels, how);
        expect(await stepInParts(parts, batch, how)).toBeCloseTo(loss, 5);
      }
      const [expected, found] = [whole.state(), parts.state()];
      expect(found.optimiser.steps).toBe(3);
      for (const [name, values] of expected.weights)
        expect(relativeError(found.weights.get(name)!, values), name).toBeLessThan(1e-5);
      await Promise.all([whole, parts].map((trainer) => trainer.dispose()));
    },
  );

  it('normalise each part by itself, and move the statistics with each', async () => {
    const network = tinyNetwork({ dropout: 0 });
    const weights = anyWeights(network);
    const batch = anyBatch(network, 6);
    const optimiser = { kind: 'sgd', learningRate: 1, momentum: 0, nesterov: false } as const;
    const trainer = await engine.train(network, weights, { ...options, optimiser });
    await stepInParts(trainer, batch);
    const after = trainer.state().weights;
    await trainer.dispose();
    const input = asReference(weights, batch);
    const kernel = Float64Array.from(weights.get('predictions/kernel')!);
    for (const [from, to] of [
      [0, 1],
      [1, 3],
      [3, 6],
    ] as const) {
      const part = { ...input, ...asReference(weights, slice(batch, from, to)), weights: input.weights };
      numericGradient(network, part, 'predictions/kernel').forEach(
        (slope, i) => (kernel[i]! -= ((to - from) / 6) * slope),
      );
      for (const [name, values] of reference(network, part).statistics) input.weights.set(name, values);
    }
    expect(relativeError(after.get('predictions/kernel')!, kernel)).toBeLessThan(1e-5);
    for (const name of ['conv1_bn/moving_mean', 'b1_bn/moving_variance'])
      expect(relativeError(after.get(name)!, input.weights.get(name)!), name).toBeLessThan(1e-5);
  });

  it('drop other values in every part, and the same again', async () => {
    const network = tinyNetwork({ dropout: 0.5 });
    const losses = async (part?: { share: number; last: boolean }) => {
      const all: TrainOptions = { ...options, optimiser: { ...adam, learningRate: 1e-12 } };
      const trainer = await engine.train(network, anyWeights(network), all);
      const { images, labels } = anyBatch(network, 4);
      const how = part && { part };
      const found = [];
      for (let i = 0; i < 2; i++) found.push((await trainer.step(images, labels, how)).loss);
      await trainer.dispose();
      return found;
    };
    const [first, second] = await losses({ share: 0.5, last: false });
    expect(second).not.toBe(first);
    expect(await losses({ share: 0.5, last: false })).toEqual([first, second]);
    expect((await losses())[0]).toBe(first);
  });

  it('are refused where they do not fit, and leave no state between them', async () => {
    const network = tinyNetwork();
    const { images, labels } = anyBatch(network, 2);
    const part = { share: 0.5, last: false };
    const plain = await engine.train(network, anyWeights(network), {
      ...{ ...options, accumulates: false, optimiser: adam },
    });
    await expect(plain.step(images, labels, { part })).rejects.toThrow(
      /expected a trainer made with accumulates/,
    );
    const trainer = await engine.train(network, anyWeights(network), { ...options, optimiser: adam });
    await expect(trainer.step(images, labels, { part: { ...part, share: 2 } })).rejects.toThrow(
      'expected a share above 0 and up to 1, found 2',
    );
    await trainer.step(images, labels, { part });
    expect(() => trainer.state()).toThrow('expected one between steps, found 1 parts of a step');
    await expect(trainer.step(images, labels)).rejects.toThrow(
      'expected the next part of a step of 1 so far',
    );
    await trainer.step(images, labels, { part: { ...part, last: true } });
    expect(trainer.state().optimiser.steps).toBe(1);
    await Promise.all([plain, trainer].map((each) => each.dispose()));
  });
}
