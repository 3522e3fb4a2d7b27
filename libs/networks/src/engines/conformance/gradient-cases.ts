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
  tinyInception,
  tinyNetwork,
  tolerance,
} from './cases.js';
import { numericGradient } from './reference.js';

type Write = (net: NetworkBuilder) => string;

/** A convolution before what is tested, so that the gradient of its input is tested too. */
const stem = (net: NetworkBuilder) => net.conv('stem', 'images', { filters: 5, kernel: 1 });

/** The same where a batch norm follows, which would take its bias away. */
const openStem = (net: NetworkBuilder) => net.relu('stem_relu', stem(net));

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
  'a 1 × 7 convolution that keeps the size': {
    imageSize: 5,
    write: (net) =>
      net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: [1, 7], padding: 'same' })),
  },
  'a 7 × 1 convolution that keeps the size': {
    imageSize: 5,
    write: (net) =>
      net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: [7, 1], padding: 'same' })),
  },
  'a 3 × 3 convolution of stride 2 on an even size, padded below and on the right alone': {
    imageSize: 6,
    write: (net) =>
      net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: 3, stride: 2, padding: 'same' })),
  },
  'a convolution without a bias': {
    imageSize: 4,
    write: (net) => net.relu('out', net.conv('conv', stem(net), { filters: 4, kernel: 3, bias: false })),
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
  'batch norm without a γ, and another ε': {
    imageSize: 5,
    write: (net) => {
      const conv = net.conv('conv', openStem(net), { filters: 4, kernel: 3, bias: false });
      return net.relu('out', net.batchNorm('norm', conv, { epsilon: 0.1, scale: false }));
    },
  },
  'a concatenation of three, one of them read elsewhere too': {
    imageSize: 4,
    write: (net) => {
      const input = openStem(net);
      const conv = net.conv('conv', input, { filters: 2, kernel: 1 });
      const mixed = net.concat('mixed', [input, conv, net.batchNorm('norm', input)]);
      return net.relu('out', net.conv('last', mixed, { filters: 4, kernel: 1 }));
    },
  },
  'a concatenation of concatenations with the images in it': {
    imageSize: 3,
    write: (net) => {
      const first = net.concat('first', ['images', stem(net)]);
      const second = net.concat('second', [first, net.conv('conv', first, { filters: 2, kernel: 1 })]);
      return net.relu('out', second);
    },
  },
  'a sum whose second input is scaled': {
    imageSize: 4,
    write: (net) => {
      const input = stem(net);
      const found = net.conv('conv', input, { filters: 5, kernel: 1 });
      return net.relu('out', net.add('sum', [input, found], 0.17));
    },
  },
  'a scaled sum of batch norms': {
    imageSize: 4,
    write: (net) => {
      const input = openStem(net);
      const norm = (part: string) =>
        net.batchNorm(`${part}_bn`, net.conv(part, input, { filters: 3, kernel: 1 }));
      return net.relu('out', net.add('sum', [norm('left'), norm('right')], -0.6));
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
  'batch norm on a wide 1 × 1 convolution of stride 2': {
    imageSize: 6,
    write: (net) => {
      const conv = net.conv('conv', openStem(net), { filters: 12, kernel: 1, stride: 2 });
      return net.relu('out', net.batchNorm('norm', conv));
    },
  },
  'batch norm without a γ on a wide 1 × 1 convolution that is read twice': {
    imageSize: 4,
    write: (net) => {
      const conv = net.conv('conv', openStem(net), { filters: 10, kernel: 1, bias: false });
      return net.relu('out', net.add('sum', [net.batchNorm('norm', conv, { scale: false }), conv]));
    },
  },
  'max pooling 3 × 3 of stride 2 with zeros around': {
    imageSize: 7,
    write: (net) => net.maxPool('pool', stem(net), { kernel: 3, stride: 2, padding: 1 }),
  },
  'max pooling 2 × 2 of stride 2 on an odd size': {
    imageSize: 5,
    write: (net) => net.maxPool('pool', stem(net), { kernel: 2, stride: 2, padding: 0 }),
  },
  'average pooling 3 × 3 that keeps the size and counts no padding': {
    imageSize: 5,
    write: (net) => net.relu('out', net.averagePool('pool', stem(net), { kernel: 3, padding: 'same' })),
  },
  'average pooling 2 × 2 of stride 2 on an odd size': {
    imageSize: 5,
    write: (net) => net.relu('out', net.averagePool('pool', stem(net), { kernel: 2, stride: 2 })),
  },
  'average pooling 3 × 3 of stride 2 on an even size, padded below and on the right alone': {
    imageSize: 6,
    write: (net) =>
      net.relu('out', net.averagePool('pool', stem(net), { kernel: 3, stride: 2, padding: 'same' })),
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
  it.each([2, 3])('a whole inception network, %i classes', async (classes) => {
    await checkGradients(engine, tinyInception({ classes }));
  });
  it.each([tinyNetwork(), tinyInception()])('a whole network with less memory: $name', async (network) => {
    const weights = anyWeights(network);
    const batch = anyBatch(network, 4);
    const plain = await engineGradients(engine, network, weights, batch);
    expect(await engineGradients(engine, network, weights, { ...batch, lowMemory: true })).toEqual(plain);
  });
  it('shares the gradient of a maximum among equal values', async () => {
    const network = smallNetwork({ imageSize: 4, classes: 2 }, (net) =>
      net.maxPool('pool', net.conv('conv', 'images', { filters: 2, kernel: 1 }), {
        kernel: 2,
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

/** The gradient of every tensor of a network, at some of its values. */
export async function checkGradients(engine: Engine, network: Network): Promise<void> {
  const weights = anyWeights(network);
  const batch = anyBatch(network, 4);
  const found = await engineGradients(engine, network, weights, batch);
  const input = { ...asReference(weights, batch), masks: masksOf(network, 4, 1) };
  for (const [name, gradient] of found) {
    const entries = spread(gradient.length, 24);
    const expected = numericGradient(network, input, name, entries);
    // The bias before a batch norm has no effect: its gradient is exactly zero, and its difference rounding.
    if (expected.every((value) => Math.abs(value) < 1e-9))
      expect(
        gradient.every((value) => value === 0),
        name,
      ).toBe(true);
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
