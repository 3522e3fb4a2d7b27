import { describe, expect, it } from 'vitest';
import { NetworkBuilder } from '../architectures/network-builder.js';
import { buildNetwork, type Architecture } from '../build-network.js';
import { divide, layersWithWeights } from './learning.js';

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

  it('gives what learns all that it reads of the frozen part', () => {
    const net = new NetworkBuilder(4);
    const first = net.conv('first', 'images', { filters: 3, kernel: 1 });
    const second = net.conv('second', first, { filters: 3, kernel: 1 });
    net.classifier('predictions', net.globalAveragePool('pool', net.add('sum', [second, first])), 2);
    const network = net.build('skipping', ['second']);
    expect(divide(network, { frozenStages: 1 }).inputs).toEqual(['second', 'first']);
  });
});

describe('a network of which the top layers learn', () => {
  const network = buildNetwork('resnet50', { imageSize: 32, classes: 3, dropout: 0.5 });
  const learning = (count: number) => {
    const owners = layersWithWeights(network);
    return divide(network, { topLayers: count }).learning.flatMap(({ name }) =>
      owners.includes(name) ? [name] : [],
    );
  };

  it('counts convolutions, batch norms and the dense layer, from the output', () => {
    const kinds = new Set(['conv', 'batch-norm', 'dense']);
    expect(layersWithWeights(network)).toHaveLength(
      network.layers.filter(({ kind }) => kinds.has(kind)).length,
    );
    expect(learning(1)).toEqual(['predictions']);
    const branch = ['1_conv', '1_bn', '2_conv', '2_bn', '3_conv', '3_bn'].map(
      (part) => `conv5_block3_${part}`,
    );
    expect(learning(7)).toEqual([...branch, 'predictions']);
  });

  it.each(architectures)('freezes nothing that reads what learns, wherever it is cut: %s', (architecture) => {
    const whole = buildNetwork(architecture, { imageSize: 96, classes: 3, dropout: 0.5 });
    const all = layersWithWeights(whole);
    for (let count = 1; count <= all.length; count += 7) {
      const { frozen, learning: above } = divide(whole, { topLayers: count });
      const names = new Set(above.map(({ name }) => name));
      expect(frozen.filter(({ inputs }) => inputs.some((input) => names.has(input)))).toEqual([]);
      expect(all.filter((name) => names.has(name))).toEqual(all.slice(-count));
    }
    expect(divide(whole, { topLayers: all.length }).frozen).toEqual([]);
  });

  it('drops out as ever', () => {
    expect(divide(network, { topLayers: 1 }).inputs).toEqual(['avg_pool']);
  });

  it.each([0, 1.5, 108])('is refused where %d layers are asked for', (count) => {
    expect(() => divide(network, { topLayers: count })).toThrow(
      `top layers of resnet50: expected 1 to 107, found ${count}`,
    );
  });
});
