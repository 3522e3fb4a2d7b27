import { describe, expect, it } from 'vitest';
import { buildNetwork, leastImageSize } from './build-network.js';
import type { Network } from './network.js';

const options = { imageSize: 224, classes: 3, dropout: 0.5 };
const countOf = ({ weights }: Network, part: 'base' | 'head') =>
  weights
    .filter((spec) => spec.part === part)
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
const outputOf = ({ layers }: Network, name: string) => layers.find((layer) => layer.name === name)?.output;

describe('resnet50', () => {
  const network = buildNetwork('resnet50', options);

  it('has the 23,587,712 weights of Keras before its head', () => {
    expect(countOf(network, 'base')).toBe(23_587_712);
    expect(countOf(network, 'head')).toBe(2048 * 3 + 3);
    expect(network.layers.filter(({ kind }) => kind === 'conv')).toHaveLength(53);
  });

  it('names and shapes its tensors as Keras does', () => {
    const shapes = new Map(network.weights.map(({ name, shape }) => [name, shape.join(' ')]));
    expect(shapes.size).toBe(320);
    expect(shapes.get('conv1_conv/kernel')).toBe('7 7 3 64');
    expect(shapes.get('conv1_bn/moving_variance')).toBe('64');
    expect(shapes.get('conv2_block1_0_conv/kernel')).toBe('1 1 64 256');
    expect(shapes.get('conv4_block6_2_conv/kernel')).toBe('3 3 256 256');
    expect(shapes.get('conv5_block3_3_conv/bias')).toBe('2048');
    expect(shapes.get('predictions/kernel')).toBe('2048 3');
    expect(shapes.has('conv3_block2_0_conv/kernel')).toBe(false);
  });

  it('is looked at after five of its stages', () => {
    expect(network.stages.map((name) => [name, outputOf(network, name)])).toEqual([
      ['conv1_relu', { height: 112, width: 112, channels: 64 }],
      ['conv2_block3_out', { height: 56, width: 56, channels: 256 }],
      ['conv3_block4_out', { height: 28, width: 28, channels: 512 }],
      ['conv4_block6_out', { height: 14, width: 14, channels: 1024 }],
      ['conv5_block3_out', { height: 7, width: 7, channels: 2048 }],
    ]);
  });

  it('halves the resolution in the first 1 × 1 convolution of a stage and in its shortcut', () => {
    const strided = network.layers.filter((layer) => layer.kind === 'conv' && layer.stride === 2);
    const stages = ['conv3', 'conv4', 'conv5'].flatMap((stage) => [
      `${stage}_block1_0_conv`,
      `${stage}_block1_1_conv`,
    ]);
    expect(strided.map(({ name }) => name)).toEqual(['conv1_conv', ...stages]);
  });

  it('ends in dropout and a dense layer: one sigmoid for two classes, a softmax for more', () => {
    const [pool, dropout, dense] = network.layers.slice(-3);
    expect([pool?.name, dropout?.name]).toEqual(['avg_pool', 'dropout']);
    expect(dense).toMatchObject({ name: 'predictions', activation: 'softmax', output: { channels: 3 } });
    const binary = buildNetwork('resnet50', { ...options, classes: 2, dropout: 0 }).layers.slice(-2);
    expect(binary[0]?.name).toBe('avg_pool');
    expect(binary[1]).toMatchObject({ activation: 'sigmoid', output: { channels: 1 } });
  });
});

describe('resnet-mini', () => {
  it('has about 100,000 weights and keeps at least 2 × 2 points of the smallest images', () => {
    const network = buildNetwork('resnet-mini', { ...options, imageSize: 32 });
    expect(countOf(network, 'base')).toBe(115_632);
    expect(network.stages).toHaveLength(5);
    expect(outputOf(network, network.stages.at(-1)!)).toEqual({ height: 2, width: 2, channels: 192 });
  });
});

describe('densenet121', () => {
  const network = buildNetwork('densenet121', options);

  it('has the 7,037,504 weights of Keras before its head, and no bias among them', () => {
    expect(countOf(network, 'base')).toBe(7_037_504);
    expect(network.layers.filter(({ kind }) => kind === 'conv')).toHaveLength(120);
    expect(network.weights.filter(({ name }) => name.endsWith('/bias'))).toHaveLength(1);
  });

  it('is looked at where its resolution is about to be halved, and at the end', () => {
    expect(network.stages.map((name) => [name, outputOf(network, name)])).toEqual([
      ['conv1_relu', { height: 112, width: 112, channels: 64 }],
      ['pool2_relu', { height: 56, width: 56, channels: 256 }],
      ['pool3_relu', { height: 28, width: 28, channels: 512 }],
      ['pool4_relu', { height: 14, width: 14, channels: 1024 }],
      ['relu', { height: 7, width: 7, channels: 1024 }],
    ]);
  });
});

describe('inception-v3', () => {
  const network = buildNetwork('inception-v3', { ...options, imageSize: 299 });

  it('has the 21,802,784 weights of Keras before its head, and no γ among them', () => {
    expect(countOf(network, 'base')).toBe(21_802_784);
    expect(network.layers.filter(({ kind }) => kind === 'conv')).toHaveLength(94);
    expect(network.weights.some(({ name }) => name.endsWith('/gamma'))).toBe(false);
  });

  it('is looked at where its resolution is about to be halved, and at the end', () => {
    expect(network.stages.map((name) => [name, outputOf(network, name)])).toEqual([
      ['activation_2', { height: 147, width: 147, channels: 64 }],
      ['activation_4', { height: 71, width: 71, channels: 192 }],
      ['mixed2', { height: 35, width: 35, channels: 288 }],
      ['mixed7', { height: 17, width: 17, channels: 768 }],
      ['mixed10', { height: 8, width: 8, channels: 2048 }],
    ]);
  });
});

describe('inception-resnet-v2', () => {
  const network = buildNetwork('inception-resnet-v2', { ...options, imageSize: 299 });

  it('has the 54,336,736 weights of Keras before its head, with biases in its 40 blocks alone', () => {
    expect(countOf(network, 'base')).toBe(54_336_736);
    expect(network.layers.filter(({ kind }) => kind === 'conv')).toHaveLength(244);
    expect(network.layers.filter((layer) => layer.kind === 'conv' && layer.bias)).toHaveLength(40);
  });

  it('adds a share of what a block finds, and all of it in the last', () => {
    const scales = network.layers.flatMap((layer) => (layer.kind === 'add' ? [layer.scale] : []));
    const expected = [
      ...Array<number>(10).fill(0.17),
      ...Array<number>(20).fill(0.1),
      ...Array<number>(9).fill(0.2),
      1,
    ];
    expect(scales).toEqual(expected);
  });

  it('is looked at where its resolution is about to be halved, and at the end', () => {
    expect(network.stages.map((name) => [name, outputOf(network, name)])).toEqual([
      ['activation_2', { height: 147, width: 147, channels: 64 }],
      ['activation_4', { height: 71, width: 71, channels: 192 }],
      ['block35_10_ac', { height: 35, width: 35, channels: 320 }],
      ['block17_20_ac', { height: 17, width: 17, channels: 1088 }],
      ['conv_7b_ac', { height: 8, width: 8, channels: 1536 }],
    ]);
  });
});

describe('a network', () => {
  it('lists its layers after those they read', () => {
    const seen = new Set(['images']);
    for (const { name, inputs } of buildNetwork('inception-resnet-v2', options).layers) {
      expect(inputs.every((input) => seen.has(input))).toBe(true);
      seen.add(name);
    }
  });

  it.each(['densenet121', 'inception-v3', 'inception-resnet-v2'] as const)(
    '%s takes images as small as it says, and no smaller',
    (architecture) => {
      const least = leastImageSize(architecture);
      const { layers } = buildNetwork(architecture, { ...options, imageSize: least });
      expect(layers.every(({ output }) => output.height > 0)).toBe(true);
      expect(() => buildNetwork(architecture, { ...options, imageSize: least - 1 })).toThrow(
        new RangeError(`imageSize: expected an integer of at least ${least}, found ${least - 1}`),
      );
    },
  );

  it.each([
    [{ imageSize: 31 }, 'imageSize: expected an integer of at least 32'],
    [{ classes: 1 }, 'classes: expected an integer of at least 2'],
    [{ dropout: 1 }, 'dropout: expected a number of at least 0 and below 1'],
  ])('refuses %o', (wrong, message) => {
    expect(() => buildNetwork('resnet-mini', { ...options, ...wrong })).toThrow(message);
  });
});
