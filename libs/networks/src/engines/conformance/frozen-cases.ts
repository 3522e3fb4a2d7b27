/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine } from '../../engine.js';
import { partsOf } from '../learning.js';
import {
  adam,
  anyBatch,
  anyWeights,
  asReference,
  engineGradients,
  relativeError,
  tinyNetwork,
  tolerance,
  trained,
} from './cases.js';
import { numericGradient, reference } from './reference.js';

/** Training of a part, the rest in inference mode. */
export function frozenCases(engine: Engine): void {
  it('is left as it was, to the last bit of its moving statistics', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const after = await trained(engine, network, { trainable: 'head' });
    for (const { name, part } of network.weights) {
      if (part === 'base') expect(after.get(name), name).toEqual(weights.get(name));
      else expect(after.get(name), name).not.toEqual(weights.get(name));
    }
  });

  it('feeds the head in inference mode', async () => {
    const network = tinyNetwork({ dropout: 0 });
    const weights = anyWeights(network);
    const batch = anyBatch(network, 3);
    const trainer = await engine.train(network, weights, { optimiser: adam, trainable: 'head', seed: 1 });
    const { loss } = await trainer.step(batch.images, batch.labels);
    await trainer.dispose();
    const input = { ...asReference(weights, batch), inference: true };
    expect(loss).toBeCloseTo(reference(network, input).loss, 5);
    const gradients = await engineGradients(engine, network, weights, { ...batch, trainable: 'head' });
    for (const name of ['predictions/kernel', 'predictions/bias']) {
      expect(relativeError(gradients.get(name)!, numericGradient(network, input, name))).toBeLessThan(
        tolerance,
      );
    }
  });

  it.each([1, 2, 3])('learns above its first stages alone when %i are frozen', async (frozenStages) => {
    const network = tinyNetwork({ dropout: 0 });
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const end = network.layers.findIndex(({ name }) => name === network.stages[frozenStages - 1]);
    const frozen = new Set(network.layers.slice(0, end + 1).map(({ name }) => name));
    const input = { ...asReference(weights, batch), frozen };
    const trainable = { frozenStages };
    const trainer = await engine.train(network, weights, { optimiser: adam, trainable, seed: 1 });
    const { loss } = await trainer.step(batch.images, batch.labels);
    const after = trainer.state().weights;
    await trainer.dispose();
    const { loss: expected, statistics } = reference(network, input);
    expect(loss).toBeCloseTo(expected, 5);
    for (const [name, values] of statistics)
      expect(relativeError(after.get(name)!, values), name).toBeLessThan(1e-4);
    const gradients = await engineGradients(engine, network, weights, { ...batch, trainable });
    for (const [name, gradient] of gradients) {
      if (frozen.has(partsOf(name).layer)) {
        expect(after.get(name), name).toEqual(weights.get(name));
        continue;
      }
      const slopes = numericGradient(network, input, name);
      // The bias before a batch norm has no effect: its difference is rounding.
      if (slopes.every((slope) => Math.abs(slope) < 1e-9))
        expect([...gradient].every((value) => value === 0)).toBe(true);
      else expect(relativeError(gradient, slopes), name).toBeLessThan(tolerance);
    }
  });

  it('leaves a frozen batch norm its statistics, and moves those above', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const after = await trained(engine, network, { trainable: { frozenStages: 2 } });
    for (const name of ['conv1_bn/moving_mean', 'a0_bn/moving_variance', 'a2_bn/gamma'])
      expect(after.get(name), name).toEqual(weights.get(name));
    for (const name of ['b1_bn/moving_mean', 'b1_bn/moving_variance', 'b1_bn/gamma'])
      expect(after.get(name), name).not.toEqual(weights.get(name));
  });

  it('refuses a stage that the network does not have', async () => {
    const network = tinyNetwork();
    const options = { optimiser: adam, trainable: { frozenStages: 4 }, seed: 1 };
    await expect(engine.train(network, anyWeights(network), options)).rejects.toThrow(
      'frozen stages of tiny: expected 1 to 3, found 4',
    );
  });
}
