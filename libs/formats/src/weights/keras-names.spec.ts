import { describe, expect, it } from 'vitest';
import { kerasNames } from './keras-names.js';

const named = (paths: string[], names: Record<string, string> = {}, layers: Record<string, string> = {}) => {
  const tensors = new Map(paths.map((path, i) => [path, { shape: [], data: Float32Array.of(i) }]));
  const renamed = kerasNames(
    { tensors, names: new Map(Object.entries(names)) },
    new Map(Object.entries(layers)),
  );
  return [...renamed.keys()];
};

describe('names of Keras', () => {
  it.each([
    ['Keras 2 weights', 'conv1_bn/conv1_bn/gamma:0'],
    ['a Keras 2 model', 'model_weights/conv1_bn/conv1_bn/gamma:0'],
    ['a Keras 3 model', 'model_weights/conv1_bn/conv1_bn/gamma'],
    ['a model built twice in one session', 'conv1_bn/conv1_bn_1/gamma:0'],
  ])('are layer/variable in %s', (_, path) => {
    expect(named([path])).toEqual(['conv1_bn/gamma']);
  });

  it('are those of the inner layers where a model lies in a model', () => {
    const paths = ['model_weights/resnet50/conv1_conv/kernel', 'model_weights/resnet50/conv1_bn/gamma'];
    expect(named([...paths, 'model_weights/dense/dense/kernel'])).toEqual([
      'conv1_conv/kernel',
      'conv1_bn/gamma',
      'dense/kernel',
    ]);
  });

  it('keep the slash that a layer of Keras 2 may have in its own', () => {
    const paths = ['bn/bn/gamma:0', 'conv1/bn/conv1/bn/gamma:0', 'conv1/conv/conv1/conv/kernel:0'];
    const names = ['bn/gamma', 'conv1/bn/gamma', 'conv1/conv/kernel'];
    expect(named(paths)).toEqual(names);
    expect(named(names.map((name) => `densenet121/${name}:0`))).toEqual(names);
  });

  it('come from the file, else from the configuration, where layers are numbered', () => {
    const paths = [
      'layers/conv2d/vars/0',
      'layers/conv2d/vars/1',
      '_layer_checkpoint_dependencies/conv2d_1/vars/0',
    ];
    expect(
      named(paths, { 'layers/conv2d': 'conv1_conv' }, { 'layers/conv2d': 'other', 'layers/conv2d_1': 'b' }),
    ).toEqual(['conv1_conv/kernel', 'conv1_conv/bias', 'b/kernel']);
  });

  it('count the variables of a batch norm from β where it has no γ', () => {
    const of = (count: number) =>
      named(
        Array.from({ length: count }, (_, i) => `layers/batch_normalization/vars/${i}`),
        { 'layers/batch_normalization': 'bn' },
      );
    expect(of(4)).toEqual(['bn/gamma', 'bn/beta', 'bn/moving_mean', 'bn/moving_variance']);
    expect(of(3)).toEqual(['bn/beta', 'bn/moving_mean', 'bn/moving_variance']);
  });

  it('stay paths where nobody knows the layer', () => {
    expect(named(['_layer_checkpoint_dependencies/conv2d_1/vars/0'])).toEqual(['layers/conv2d_1/vars/0']);
  });
});
