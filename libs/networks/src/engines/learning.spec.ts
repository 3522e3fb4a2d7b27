import { describe, expect, it } from 'vitest';
import { NetworkBuilder } from '../architectures/network-builder.js';
import { buildNetwork, type Architecture } from '../build-network.js';
import { divide } from './learning.js';

const architectures: Architecture[] = [
  'resnet50',
  'resnet-mini',
  'densenet121',
  'inception-v3',
  'inception-resnet-v2',
];

describe('a network with frozen stages', () => {
  it.each(architectures)('is cut at the end of each of the five stages: %s', (architecture) => {
    const network = buildNetwork(architecture, { imageSize: 96, classes: 3, dropout: 0.5 });
    for (const [i, stage] of network.stages.entries()) {
      const { frozen, learning } = divide(network, { frozenStages: i + 1 });
      expect(frozen.at(-1)?.name).toBe(stage);
      expect([...frozen, ...learning]).toEqual(network.layers);
    }
  });

  it('is refused where a layer reads past the end of the stage', () => {
    const net = new NetworkBuilder(4);
    const first = net.conv('first', 'images', { filters: 3, kernel: 1 });
    const second = net.conv('second', first, { filters: 3, kernel: 1 });
    net.classifier('predictions', net.globalAveragePool('pool', net.add('sum', [second, first])), 2);
    const network = net.build('skipping', ['second']);
    expect(() => divide(network, { frozenStages: 1 })).toThrow(
      'sum of skipping: expected frozen input second, found first',
    );
  });
});
