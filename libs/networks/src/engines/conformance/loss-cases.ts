/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine, LossOptions } from '../../engine.js';
import {
  adam,
  anyBatch,
  anyWeights,
  asReference,
  engineGradients,
  masksOf,
  relativeError,
  smallNetwork,
  tinyNetwork,
  tolerance,
} from './cases.js';
import { numericGradient, reference } from './reference.js';

const losses: Record<string, (classes: number) => LossOptions> = {
  'weights of classes': (classes) => ({ classWeights: [0.4, 2.5, 1.25].slice(0, classes) }),
  'the focal loss, γ 2': () => ({ focalGamma: 2 }),
  'the focal loss, γ 0.5': () => ({ focalGamma: 0.5 }),
  'both together': (classes) => ({ classWeights: [3, 0.5, 1].slice(0, classes), focalGamma: 1.5 }),
};

/** Losses other than the plain cross-entropy: value and gradient against double precision. */
export function lossCases(engine: Engine): void {
  const cases = Object.entries(losses).flatMap(([what, options]) =>
    [2, 3].map((classes) => ({ what, classes, loss: options(classes) })),
  );

  it.each(cases)('$what, $classes classes', async ({ classes, loss }) => {
    const network = tinyNetwork({ classes });
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const input = { ...asReference(weights, batch), masks: masksOf(network, 4, 1), loss };
    const trainer = await engine.train(network, weights, {
      optimiser: adam,
      trainable: 'all',
      seed: 1,
      loss,
    });
    const found = await trainer.step(batch.images, batch.labels);
    await trainer.dispose();
    expect(found.loss).toBeCloseTo(reference(network, input).loss, 5);
    const gradients = await engineGradients(engine, network, weights, { ...batch, loss });
    for (const name of ['predictions/kernel', 'predictions/bias', 'conv1_bn/gamma', 'a1/kernel'])
      expect(relativeError(gradients.get(name)!, numericGradient(network, input, name)), name).toBeLessThan(
        tolerance,
      );
  });

  it('is the plain loss, to the last bit, with weights of one and γ 0', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const plain = await engineGradients(engine, network, weights, batch);
    const loss = { classWeights: [1, 1, 1], focalGamma: 0 };
    expect(await engineGradients(engine, network, weights, { ...batch, loss })).toEqual(plain);
  });

  it.each([2, 3])('keeps the focal loss finite at extreme logits, %i classes', async (classes) => {
    const network = smallNetwork({ imageSize: 2, classes }, (net) =>
      net.relu('out', net.conv('stem', 'images', { filters: 5, kernel: 1 })),
    );
    const weights = anyWeights(network);
    weights.set('predictions/bias', new Float32Array(classes === 2 ? 1 : classes).fill(-500, 0, 1));
    const { images } = anyBatch(network, 1);
    for (const focalGamma of [0.5, 2])
      for (const [label, slope] of [classes === 2 ? [1, -1] : [0, -1], classes === 2 ? [0, 0] : [1, 0]]) {
        const batch = { images, labels: [label!], loss: { focalGamma } };
        const gradient = (await engineGradients(engine, network, weights, batch)).get('predictions/bias')!;
        expect(gradient.every(Number.isFinite)).toBe(true);
        expect(gradient[0]).toBeCloseTo(slope!, 3);
      }
  });

  it('refuses weights that are not one a class', async () => {
    const network = tinyNetwork({ classes: 3 });
    const options = { optimiser: adam, trainable: 'all', seed: 1 } as const;
    const open = (loss: LossOptions) => engine.train(network, anyWeights(network), { ...options, loss });
    await expect(open({ classWeights: [1, 2] })).rejects.toThrow(
      'classWeights: expected 3 numbers ≥ 0, found [1,2]',
    );
    await expect(open({ focalGamma: -1 })).rejects.toThrow('focalGamma: expected a number ≥ 0, found -1');
  });
}
