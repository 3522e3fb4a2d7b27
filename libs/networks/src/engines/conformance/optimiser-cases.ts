/* eslint-disable max-lines-per-function, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { Engine, Optimiser } from '../../engine.js';
import type { Network } from '../../network.js';
import {
  adam,
  anyBatch,
  anyWeights,
  asReference,
  doubles,
  learn,
  masksOf,
  relativeError,
  smallNetwork,
  tinyNetwork,
} from './cases.js';
import { PlainOptimiser } from './plain-optimiser.js';

const rate = { learningRate: 0.01 };

/** Optimisers by what is special about each. */
export const optimisers: Record<string, Optimiser> = {
  Adam: { ...adam, ...rate, epsilon: 1e-4 },
  AdamW: { ...adam, ...rate, epsilon: 1e-4, weightDecay: 3 },
  'gradient descent': { kind: 'sgd', learningRate: 0.2, momentum: 0, nesterov: false },
  'gradient descent with decay': {
    kind: 'sgd',
    ...{ learningRate: 0.2, momentum: 0, nesterov: false, weightDecay: 0.4 },
  },
  momentum: { kind: 'sgd', learningRate: 0.1, momentum: 0.8, nesterov: false },
  "Nesterov's momentum with decay": {
    kind: 'sgd',
    ...{ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.4 },
  },
};

/** A convolution small enough to share its vector with others, a batch norm, dropout, and a kernel that stands alone. */
function network(): Network {
  return smallNetwork({ imageSize: 4, classes: 3 }, (net) => {
    const conv = net.conv('conv', 'images', { filters: 3, kernel: 2, stride: 2 });
    net.globalAveragePool('features', net.relu('relu', net.batchNorm('norm', conv)));
    return net.dropout('dropout', 'features', 0.25);
  });
}

/** Steps of every optimiser against double precision, and what they remember. */
export function optimiserCases(engine: Engine): void {
  it.each(Object.entries(optimisers))(
    'follows %s, at another rate each step, and moves the statistics',
    async (_, optimiser) => {
      const net = network();
      const weights = anyWeights(net);
      const trainer = await engine.train(net, weights, { optimiser, trainable: 'all', seed: 7 });
      const plain = new PlainOptimiser(net, doubles(weights), optimiser);
      for (const step of [1, 2, 3]) {
        const batch = anyBatch(net, 3 + step, step);
        // The second step has the optimiser's own rate.
        const how = step === 2 ? {} : { learningRate: optimiser.learningRate / step };
        const { loss } = await trainer.step(batch.images, batch.labels, how);
        const input = { ...asReference(weights, batch), masks: masksOf(net, 3 + step, step, 7) };
        expect(loss).toBeCloseTo(plain.step({ ...input, weights: plain.weights }, how.learningRate), 5);
      }
      const after = trainer.state().weights;
      for (const [name, values] of plain.weights)
        expect(relativeError(after.get(name)!, values), name).toBeLessThan(1e-4);
      await trainer.dispose();
    },
  );

  it('decays kernels alone, the large and the small', async () => {
    const net = smallNetwork({ imageSize: 2, classes: 3 }, (write) => {
      const wide = write.relu('wide_relu', write.conv('wide', 'images', { filters: 130, kernel: 1 }));
      return write.relu(
        'out',
        write.batchNorm('norm', write.conv('deep', wide, { filters: 130, kernel: 1 })),
      );
    });
    const weights = anyWeights(net);
    const { images, labels } = anyBatch(net, 2);
    const step = async (weightDecay: number) => {
      const optimiser = {
        kind: 'sgd',
        learningRate: 0.5,
        momentum: 0,
        nesterov: false,
        weightDecay,
      } as const;
      const trainer = await engine.train(net, weights, { optimiser, trainable: 'all', seed: 1 });
      await trainer.step(images, labels);
      const { weights: after } = trainer.state();
      await trainer.dispose();
      return after;
    };
    const [plain, decayed] = [await step(0), await step(0.2)];
    for (const [name, before] of weights) {
      const share = name.endsWith('/kernel') ? 0.1 : 0;
      const expected = plain.get(name)!.map((value, i) => value - share * before[i]!);
      expect(relativeError(decayed.get(name)!, expected), name).toBeLessThan(1e-5);
    }
  });

  it.each(Object.entries(optimisers))('goes on from a state of %s byte for byte', async (_, optimiser) => {
    const net = tinyNetwork();
    const options = { optimiser, trainable: 'all', seed: 3 } as const;
    const straight = await engine.train(net, anyWeights(net), options);
    await learn(straight, net, [1, 2, 3, 4]);
    const half = await engine.train(net, anyWeights(net), options);
    await learn(half, net, [1, 2]);
    const { weights, optimiser: state } = half.state();
    const resumed = await engine.train(net, weights, { ...options, state });
    await learn(resumed, net, [3, 4]);
    expect(resumed.state()).toEqual(straight.state());
    await Promise.all([straight, half, resumed].map((trainer) => trainer.dispose()));
  });

  it('refuses numbers out of range, and moments of another optimiser', async () => {
    const net = tinyNetwork();
    const weights = anyWeights(net);
    const open = (optimiser: Optimiser, more = {}) =>
      engine.train(net, weights, { optimiser, trainable: 'all', seed: 1, ...more });
    const { momentum } = optimisers as Record<'momentum', Optimiser>;
    await expect(open({ ...momentum, momentum: 1 } as Optimiser)).rejects.toThrow(
      /expected learningRate > 0, momentum in \[0, 1\)/,
    );
    await expect(open({ ...adam, weightDecay: -1 })).rejects.toThrow(/weightDecay ≥ 0, found .*-1/);
    const trainer = await open(adam);
    const state = trainer.state().optimiser;
    const { images, labels } = anyBatch(net, 2);
    await expect(trainer.step(images, labels, { learningRate: NaN })).rejects.toThrow(
      'learning rate of a step: expected a number ≥ 0, found NaN',
    );
    expect(trainer.state().optimiser.steps).toBe(0);
    await trainer.dispose();
    await expect(open(momentum, { state })).rejects.toThrow('moments of sgd: expected m, found m and v');
  });
}
