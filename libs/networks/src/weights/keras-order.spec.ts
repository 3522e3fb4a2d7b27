import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../build-network.js';
import { kerasLayerOrder } from './keras-order.js';

describe('the order of Keras', () => {
  const resnet50 = buildNetwork('resnet50', { imageSize: 224, classes: 2, dropout: 0 });
  const names = kerasLayerOrder(resnet50).map(({ name }) => name);

  it('puts the shortcut of a block just before its last convolution, as keras.applications.ResNet50 lists it', () => {
    const from = names.indexOf('conv2_block1_1_conv');
    // model.layers of Keras 3.15 from there on
    expect(names.slice(from, from + 13)).toEqual([
      ...['conv2_block1_1_conv', 'conv2_block1_1_bn', 'conv2_block1_1_relu'],
      ...['conv2_block1_2_conv', 'conv2_block1_2_bn', 'conv2_block1_2_relu'],
      ...['conv2_block1_0_conv', 'conv2_block1_3_conv', 'conv2_block1_0_bn', 'conv2_block1_3_bn'],
      ...['conv2_block1_add', 'conv2_block1_out', 'conv2_block2_1_conv'],
    ]);
  });

  it('holds every layer once, after those it reads', () => {
    expect(new Set(names).size).toBe(resnet50.layers.length);
    const seen = new Set(['images']);
    for (const { name, inputs } of kerasLayerOrder(resnet50)) {
      expect(inputs.every((input) => seen.has(input))).toBe(true);
      seen.add(name);
    }
  });
});
