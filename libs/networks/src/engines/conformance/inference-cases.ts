/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine } from '../../engine.js';
import {
  anyBatch,
  anyWeights,
  asReference,
  relativeError,
  tinyInception,
  tinyNetwork,
  tolerance,
} from './cases.js';
import type { Traits } from './engine-conformance.js';
import { reference } from './reference.js';

/** Probabilities and activations. */
export function inferenceCases(engine: Engine, { sameForAnyThreads }: Traits): void {
  it.each([2, 3])(
    'gives probabilities and the activations of the chosen layers, %i classes',
    async (classes) => {
      const network = tinyNetwork({ classes });
      const weights = anyWeights(network);
      const batch = anyBatch(network, 3);
      const taps = ['conv1', 'conv1_bn', 'stem', 'pool', 'a', 'b', 'avg_pool', 'dropout'];
      const predictor = await engine.infer(network, weights, { taps });
      const found = await predictor.run(batch.images);
      const expected = reference(network, { ...asReference(weights, batch), inference: true });
      for (const [name, { shape, data }] of found.taps) {
        const { height, width, channels } = network.layers.find((layer) => layer.name === name)!.output;
        expect(shape, name).toEqual([3, height, width, channels]);
        expect(relativeError(data, expected.outputs.get(name)!), name).toBeLessThan(tolerance);
      }
      expect([...found.taps.keys()]).toEqual(taps);
      const z = expected.outputs.get('predictions')!;
      expect(relativeError(found.probabilities, probabilities(z, classes))).toBeLessThan(tolerance);
      await predictor.dispose();
    },
  );

  it('gives the activations of every kind of layer', async () => {
    const network = tinyInception();
    const weights = anyWeights(network);
    const batch = anyBatch(network, 3);
    const taps = network.layers.slice(0, -1).map(({ name }) => name);
    const predictor = await engine.infer(network, weights, { taps });
    const found = await predictor.run(batch.images);
    await predictor.dispose();
    const { outputs } = reference(network, { ...asReference(weights, batch), inference: true });
    for (const [name, { data }] of found.taps)
      expect(relativeError(data, outputs.get(name)!), name).toBeLessThan(tolerance);
  });

  it('gives the same bytes again, and an image the same whatever its batch', async () => {
    const network = tinyNetwork();
    const { images } = anyBatch(network, 4);
    const results = await Promise.all(
      (sameForAnyThreads ? [1, 1, 2] : [1, 1]).map(async (threads) => {
        const predictor = await engine.infer(network, anyWeights(network), { taps: ['a'], threads });
        const all = await predictor.run(images);
        const alone = await predictor.run(images.subarray(0, images.length / 4));
        await predictor.dispose();
        return { all, alone };
      }),
    );
    for (const result of results) expect(result).toEqual(results[0]);
    const { all, alone } = results[0]!;
    expect(relativeError(all.probabilities.subarray(0, 3), alone.probabilities)).toBeLessThan(tolerance);
  });

  it('leaves activations out that are not wanted, and says the same', async () => {
    const network = tinyNetwork();
    const { images } = anyBatch(network, 3);
    const predictor = await engine.infer(network, anyWeights(network), { taps: ['a'] });
    const [whole, plain] = [await predictor.run(images), await predictor.run(images, { taps: false })];
    await predictor.dispose();
    expect([...whole.taps.keys()]).toEqual(['a']);
    expect(plain).toEqual({ probabilities: whole.probabilities, taps: new Map() });
  });

  it('refuses a tap that is no layer', async () => {
    const network = tinyNetwork();
    const wanted = engine.infer(network, anyWeights(network), { taps: ['conv9'] });
    await expect(wanted).rejects.toThrow('layer conv9');
  });
}

function probabilities(logits: Float64Array, classes: number): number[] {
  const rows = Array.from({ length: logits.length / (classes === 2 ? 1 : classes) }, (_, n) =>
    classes === 2 ? [0, logits[n]!] : [...logits.subarray(n * classes, (n + 1) * classes)],
  );
  return rows.flatMap((row) => {
    const sum = row.reduce((total, z) => total + Math.exp(z), 0);
    return row.map((z) => Math.exp(z) / sum);
  });
}
