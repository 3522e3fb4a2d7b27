import { expect, it } from 'vitest';
import { initialWeights } from './initialise.js';
import { buildNetwork } from './build-network.js';

const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 2, dropout: 0 });

it('draws kernels within the limit of Glorot and fills it', () => {
  const kernel = initialWeights(network, 1).get('conv5_block1_2_conv/kernel')!;
  const limit = Math.sqrt(6 / (9 * 48 + 9 * 48));
  const largest = kernel.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeLessThanOrEqual(Math.fround(limit));
  expect(largest).toBeGreaterThan(0.99 * limit);
  const mean = kernel.reduce((sum, value) => sum + value, 0) / kernel.length;
  expect(Math.abs(mean)).toBeLessThan(0.02 * limit);
});

it('starts biases, β and means at zero, γ and variances at one', () => {
  const weights = initialWeights(network, 1);
  const valuesOf = (variable: string) => [...new Set(weights.get(`conv1_bn/${variable}`))];
  expect(['gamma', 'beta', 'moving_mean', 'moving_variance'].map(valuesOf)).toEqual([[1], [0], [0], [1]]);
  expect([...new Set(weights.get('conv1_conv/bias'))]).toEqual([0]);
});

it('draws a tensor from the seed and its name alone', () => {
  const backwards = { ...network, weights: network.weights.toReversed() };
  const name = 'conv3_block1_1_conv/kernel';
  const drawn = initialWeights(network, 5).get(name);
  expect(initialWeights(backwards, 5).get(name)).toEqual(drawn);
  expect(initialWeights(network, 6).get(name)).not.toEqual(drawn);
});
