/* eslint-disable @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine } from '../../engine.js';
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

/** Training of the head alone. */
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
}
