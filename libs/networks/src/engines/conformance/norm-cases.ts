/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import { buildNetwork } from '../../build-network.js';
import type { Engine, TrainOptions } from '../../engine.js';
import type { Network } from '../../network.js';
import { byStage } from '../learning.js';
import { adam, anyBatch, anyWeights, engineGradients, tinyNetwork, type Batch } from './cases.js';

/** What a step says of its gradient. */
export function normCases(engine: Engine): void {
  const open = (network: Network, options: Partial<TrainOptions> = {}) =>
    engine.train(network, anyWeights(network), { optimiser: adam, trainable: 'all', seed: 1, ...options });

  /** The same from what the weights did. */
  async function expected(
    network: Network,
    batch: Batch & Partial<TrainOptions>,
  ): Promise<[string, number][]> {
    const gradients = await engineGradients(engine, network, anyWeights(network), batch);
    const tensors = network.weights.filter(({ name }) => gradients.get(name)?.some((value) => value !== 0));
    const squares = (name: string) => gradients.get(name)!.reduce((sum, value) => sum + value * value, 0);
    return [...byStage(network, tensors)].map(([stage, members]) => [
      stage,
      Math.sqrt(members.reduce((sum, { name }) => sum + squares(name), 0)),
    ]);
  }

  function expectNorms(found: ReadonlyMap<string, number> | undefined, norms: [string, number][]): void {
    expect([...found!.keys()]).toEqual(norms.map(([stage]) => stage));
    for (const [stage, norm] of norms) expect(found!.get(stage)! / norm, stage).toBeCloseTo(1, 3);
  }

  it.each([
    ['all its layers', tinyNetwork(), {}],
    ['kernels large and small', buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0 }), {}],
    ['what is not frozen', tinyNetwork(), { trainable: { frozenStages: 2 } }],
    ['the head', tinyNetwork(), { trainable: 'head' }],
  ] as [string, Network, Partial<TrainOptions>][])(
    'is the norm of the gradient, stage by stage: %s',
    async (_, network, options) => {
      const batch = anyBatch(network, 4);
      const trainer = await open(network, options);
      const { gradientNorms } = await trainer.step(batch.images, batch.labels);
      await trainer.dispose();
      expectNorms(gradientNorms, await expected(network, { ...batch, ...options }));
    },
  );

  it('is that of the whole step, said with its last part', async () => {
    const network = tinyNetwork({ dropout: 0 });
    const { images, labels } = anyBatch(network, 4);
    const whole = await open(network);
    const norms = await whole.step(images, labels);
    const parts = await open(network, { accumulates: true });
    const first = await parts.step(images, labels, { part: { share: 0.25, last: false } });
    const last = await parts.step(images, labels, { part: { share: 0.75, last: true } });
    await Promise.all([whole.dispose(), parts.dispose()]);
    expect(first.gradientNorms).toBeUndefined();
    expectNorms(last.gradientNorms, [...norms.gradientNorms!]);
  });
}
