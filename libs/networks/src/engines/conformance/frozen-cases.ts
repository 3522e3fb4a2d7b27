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

  const base = ['conv1', 'conv1_bn', 'stem', 'pool', 'a1', 'a1_bn', 'inner', 'a0', 'a0_bn', 'a2', 'a2_bn'];
  it.each([
    [{ frozenStages: 1 }, base.slice(0, 3)],
    [{ frozenStages: 2 }, [...base, 'a_add', 'a']],
    [{ frozenStages: 3 }, [...base, 'a_add', 'a', 'b1', 'b1_bn', 'b_add', 'b']],
    [{ topLayers: 1 }, [...base, 'a_add', 'a', 'b1', 'b1_bn', 'b_add', 'b', 'avg_pool']],
    [{ topLayers: 3 }, [...base, 'a_add', 'a']],
    [{ topLayers: 4 }, base.filter((name) => name !== 'a2_bn')],
    [{ topLayers: 6 }, base.filter((name) => !['a2_bn', 'a0_bn', 'a2'].includes(name))],
    [{ topLayers: 8 }, ['conv1', 'conv1_bn', 'stem', 'pool', 'a1']],
    [{ topLayers: 11 }, []],
  ])('is all that does not learn: %o', async (trainable, names) => {
    const network = tinyNetwork({ dropout: 0 });
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const frozen = new Set(names);
    const input = { ...asReference(weights, batch), frozen };
    const trainer = await engine.train(network, weights, { optimiser: adam, trainable, seed: 1 });
    const { loss } = await trainer.step(batch.images, batch.labels);
    const after = trainer.state().weights;
    await trainer.dispose();
    const { loss: expected, statistics } = reference(network, input);
    expect(loss).toBeCloseTo(expected, 5);
    for (const [name, values] of statistics)
      expect(relativeError(after.get(name)!, values), name).toBeLessThan(1e-4);
    const isFrozen = (name: string) => frozen.has(partsOf(name).layer);
    for (const { name } of network.weights)
      if (isFrozen(name)) expect(after.get(name), name).toEqual(weights.get(name));
    const gradients = await engineGradients(engine, network, weights, { ...batch, trainable });
    for (const [name, gradient] of gradients) {
      if (isFrozen(name)) continue;
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
