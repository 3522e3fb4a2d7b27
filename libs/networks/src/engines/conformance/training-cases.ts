/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine } from '../../engine.js';
import { buildNetwork } from '../../build-network.js';
import type { Weights } from '../../network.js';
import {
  adam,
  anyBatch,
  anyWeights,
  asReference,
  digest,
  engineGradients,
  learn,
  smallNetwork,
  tinyNetwork,
  trained,
} from './cases.js';
import type { Traits } from './engine-conformance.js';
import { reference } from './reference.js';

/** Steps, states and refusals. */
export function trainingCases(engine: Engine, { sameForAnyThreads }: Traits): void {
  it('counts only the images of a batch, whatever its size', async () => {
    const network = tinyNetwork({ dropout: 0 });
    const weights = anyWeights(network);
    const trainer = await engine.train(network, weights, { optimiser: adam, trainable: 'all', seed: 1 });
    for (const count of [5, 1, 2, 5]) {
      const batch = anyBatch(network, count, count);
      const before = trainer.state().weights;
      const { loss } = await trainer.step(batch.images, batch.labels);
      expect(loss).toBeCloseTo(reference(network, asReference(before, batch)).loss, 4);
    }
    await trainer.dispose();
  });

  it('gives the same bytes again', async () => {
    const network = tinyNetwork();
    const [first, again] = await Promise.all([1, 1].map((threads) => trained(engine, network, { threads })));
    expect(digest(again!)).toBe(digest(first!));
  });

  it.runIf(sameForAnyThreads)('gives the same bytes with another number of threads', async () => {
    const network = tinyNetwork();
    const [one, two] = await Promise.all([1, 2].map((threads) => trained(engine, network, { threads })));
    expect(digest(two!)).toBe(digest(one!));
  });

  it.runIf(sameForAnyThreads)(
    'gives the same bytes for any number of threads in layers with more channels than points',
    async () => {
      const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0.5 });
      const digests = [1, 2, 3].map(async (threads) => {
        const trainer = await engine.train(network, anyWeights(network), {
          optimiser: adam,
          trainable: 'all',
          seed: 1,
          threads,
        });
        for (const images of [1, 4, 8, 20]) {
          const batch = anyBatch(network, images, images);
          await trainer.step(batch.images, batch.labels);
        }
        const { weights } = trainer.state();
        await trainer.dispose();
        return digest(weights);
      });
      expect(new Set(await Promise.all(digests)).size).toBe(1);
    },
  );

  it('drops other values under another seed', async () => {
    const network = tinyNetwork();
    expect(await trained(engine, network, { seed: 2 })).not.toEqual(
      await trained(engine, network, { seed: 1 }),
    );
  });

  it('goes on from a state byte for byte', async () => {
    const network = tinyNetwork();
    const options = { optimiser: adam, trainable: 'all', seed: 3 } as const;
    const straight = await engine.train(network, anyWeights(network), options);
    await learn(straight, network, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const half = await engine.train(network, anyWeights(network), options);
    await learn(half, network, [1, 2, 3, 4, 5]);
    const { weights, optimiser } = half.state();
    const resumed = await engine.train(network, weights, { ...options, state: optimiser });
    await learn(resumed, network, [6, 7, 8, 9, 10]);
    expect(resumed.state()).toEqual(straight.state());
    await Promise.all([straight, half, resumed].map((trainer) => trainer.dispose()));
  });

  it.each([2, 3])('keeps loss and gradient finite at extreme logits, %i classes', async (classes) => {
    const network = smallNetwork({ imageSize: 2, classes }, (net) =>
      net.relu('out', net.conv('stem', 'images', { filters: 5, kernel: 1 })),
    );
    const weights = anyWeights(network);
    weights.set('predictions/bias', new Float32Array(classes === 2 ? 1 : classes).fill(-500, 0, 1));
    const batch = { ...anyBatch(network, 1), labels: [classes === 2 ? 1 : 0] };
    const trainer = await engine.train(network, weights, { optimiser: adam, trainable: 'all', seed: 1 });
    const { loss } = await trainer.step(batch.images, batch.labels);
    expect(loss).toBeCloseTo(reference(network, asReference(weights, batch)).loss, 2);
    await trainer.dispose();
    const gradients = await engineGradients(engine, network, weights, batch);
    expect(gradients.get('predictions/bias')![0]).toBeCloseTo(-1, 3);
  });

  it('learns classes that differ in brightness', async () => {
    const network = tinyNetwork({ classes: 2 });
    const trainer = await engine.train(network, anyWeights(network), {
      optimiser: { ...adam, learningRate: 0.01 },
      trainable: 'all',
      seed: 1,
    });
    const { images, labels } = anyBatch(network, 16);
    const length = images.length / 16;
    const tinted = images.map((value, i) => value + labels[Math.floor(i / length)]!);
    let last = Infinity;
    for (let step = 0; step < 60; step++) last = (await trainer.step(tinted, labels)).loss;
    expect(last).toBeLessThan(0.1);
    await trainer.dispose();
  });

  it('refuses what does not fit, and says what it expected', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const options = { optimiser: adam, trainable: 'all', seed: 1 } as const;
    const trainer = await engine.train(network, weights, options);
    const { images } = anyBatch(network, 2);
    await expect(trainer.step(images.subarray(1), [0, 1])).rejects.toThrow(
      /expected one or more of 11 × 11 × 3/,
    );
    await expect(trainer.step(images, [0])).rejects.toThrow('labels: expected 2, found 1');
    await expect(trainer.step(images, [0, 3])).rejects.toThrow(
      'label 1: expected a class from 0 to 2, found 3',
    );
    await trainer.dispose();
    const incomplete: Weights = new Map([...weights].filter(([name]) => name !== 'a1/kernel'));
    await expect(engine.train(network, incomplete, options)).rejects.toThrow(
      /expected a1\/kernel of 1 × 1 × 4 × 3/,
    );
    const still = { ...options, optimiser: { ...adam, learningRate: 0 } };
    await expect(engine.train(network, weights, still)).rejects.toThrow(/expected learningRate > 0/);
  });
}
