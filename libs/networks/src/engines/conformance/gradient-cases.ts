/* eslint-disable @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { expect, it } from 'vitest';
import type { NetworkBuilder } from '../../architectures/network-builder.js';
import type { Engine } from '../../engine.js';
import type { Network } from '../../network.js';
import {
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
import { numericGradient } from './reference.js';

type Write = (net: NetworkBuilder) => string;

/** A convolution before what is tested, so that the gradient of its input is tested too. */
const stem = (net: NetworkBuilder) => net.conv('stem', 'images', { filters: 5, kernel: 1 });

const layers: Record<string, { imageSize: number; write: Write }> = {
  'a 3 × 3 convolution with a bias': {
    imageSize: 5,
    write: (net) => net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: 3, padding: 1 })),
  },
  'a 3 × 3 convolution of stride 2 on an odd size': {
    imageSize: 7,
    write: (net) =>
      net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: 3, stride: 2, padding: 1 })),
  },
  'a 3 × 3 convolution of stride 2 on an even size, which leaves a column out': {
    imageSize: 6,
    write: (net) => net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: 3, stride: 2 })),
  },
  'a 5 × 5 convolution of stride 3, padding 2': {
    imageSize: 8,
    write: (net) =>
      net.relu('out', net.conv('conv', stem(net), { filters: 3, kernel: 5, stride: 3, padding: 2 })),
  },
  'a 1 × 1 convolution with padding': {
    imageSize: 3,
    write: (net) => net.relu('out', net.conv('conv', stem(net), { filters: 3, kernel: 1, padding: 1 })),
  },
  'two 1 × 1 convolutions of stride 2 on one input': {
    imageSize: 5,
    write: (net) => {
      const input = stem(net);
      const conv = (part: string) => net.conv(part, input, { filters: 4, kernel: 1, stride: 2 });
      return net.relu('out', net.add('sum', [conv('left'), net.relu('relu', conv('right'))]));
    },
  },
  'a convolution deeper than its batch is long, under a batch norm': {
    imageSize: 2,
    write: (net) => {
      const wide = net.relu('wide_relu', net.conv('wide', 'images', { filters: 70, kernel: 1 }));
      return net.relu(
        'out',
        net.batchNorm('norm', net.conv('conv', wide, { filters: 3, kernel: 1, stride: 2 })),
      );
    },
  },
  'batch norm on a convolution': {
    imageSize: 5,
    write: (net) => {
      const normalised = net.batchNorm(
        'norm',
        net.conv('conv', stem(net), { filters: 4, kernel: 3, padding: 1 }),
      );
      return net.relu('out', normalised);
    },
  },
  'batch norm on a sum, read twice': {
    imageSize: 4,
    write: (net) => {
      const input = stem(net);
      const normalised = net.batchNorm('norm', net.add('sum', [input, net.relu('relu', input)]));
      return net.relu('out', net.add('again', [normalised, net.relu('relu2', normalised)]));
    },
  },
  'batch norm of large images with few channels': {
    imageSize: 18,
    write: (net) =>
      net.relu('out', net.batchNorm('norm', net.conv('conv', 'images', { filters: 2, kernel: 1 }))),
  },
  'max pooling 3 × 3 of stride 2 with zeros around': {
    imageSize: 7,
    write: (net) => net.maxPool('pool', stem(net), { size: 3, stride: 2, padding: 1 }),
  },
  'max pooling 2 × 2 of stride 2 on an odd size': {
    imageSize: 5,
    write: (net) => net.maxPool('pool', stem(net), { size: 2, stride: 2, padding: 0 }),
  },
  dropout: {
    imageSize: 3,
    write: (net) => {
      net.globalAveragePool('features', net.relu('relu', stem(net)));
      return net.dropout('dropout', 'features', 0.4);
    },
  },
};

/** Derivatives of every layer rule, against central differences in double precision. */
export function gradientCases(engine: Engine): void {
  for (const [what, { imageSize, write }] of Object.entries(layers)) {
    it.each([2, 3])(`${what}, %i classes`, async (classes) => {
      await checkGradients(engine, smallNetwork({ imageSize, classes }, write));
    });
  }
  it('a whole residual network', async () => {
    await checkGradients(engine, tinyNetwork());
  });
  it('a whole residual network with less memory', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const plain = await engineGradients(engine, network, weights, batch);
    expect(await engineGradients(engine, network, weights, { ...batch, lowMemory: true })).toEqual(plain);
  });
  it('shares the gradient of a maximum among equal values', async () => {
    const network = smallNetwork({ imageSize: 4, classes: 2 }, (net) =>
      net.maxPool('pool', net.conv('conv', 'images', { filters: 2, kernel: 1 }), {
        size: 2,
        stride: 2,
        padding: 0,
      }),
    );
    const weights = anyWeights(network);
    const batch = { images: new Float32Array(4 * 4 * 3).fill(0.5), labels: [1] };
    const found = await engineGradients(engine, network, weights, batch);
    const input = asReference(weights, batch);
    expect(relativeError(found.get('conv/bias')!, numericGradient(network, input, 'conv/bias'))).toBeLessThan(
      tolerance,
    );
  });
}

async function checkGradients(engine: Engine, network: Network): Promise<void> {
  const weights = anyWeights(network);
  const batch = anyBatch(network, 4);
  const found = await engineGradients(engine, network, weights, batch);
  const input = { ...asReference(weights, batch), masks: masksOf(network, 4, 1) };
  for (const [name, gradient] of found) {
    const entries = spread(gradient.length, 24);
    const expected = numericGradient(network, input, name, entries);
    // The bias before a batch norm has no effect: its gradient is exactly zero, and its difference rounding.
    if (expected.every((value) => Math.abs(value) < 1e-9))
      expect(gradient.every((value) => value === 0)).toBe(true);
    else
      expect(
        relativeError(
          entries.map((at) => gradient[at]!),
          expected,
        ),
        name,
      ).toBeLessThan(tolerance);
  }
}

/** Up to `most` indices, spread over a tensor. */
function spread(length: number, most: number): number[] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}
