import { describe, expect, it } from 'vitest';
import { densenet121 } from '../architectures/densenet121.js';
import { torchNames } from './torch-names.js';

const network = densenet121({ imageSize: 64, classes: 2, dropout: 0 });
const base = network.weights.filter(({ part }) => part === 'base');

/** Names of torchvision's DenseNet121 below `features.`, in the order of its state_dict, without counters. */
function densenetNames(dot: '' | '.'): string[] {
  const norm = (name: string) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((last) => `${name}.${last}`);
  const blocks = [6, 12, 24, 16].flatMap((layers, i) => {
    const dense = Array.from({ length: layers }, (_, j) => `denseblock${i + 1}.denselayer${j + 1}`);
    return [
      ...dense.flatMap((layer) =>
        [1, 2].flatMap((part) => [
          ...norm(`${layer}.norm${dot}${part}`),
          `${layer}.conv${dot}${part}.weight`,
        ]),
      ),
      ...(i < 3 ? [...norm(`transition${i + 1}.norm`), `transition${i + 1}.conv.weight`] : norm('norm5')),
    ];
  });
  return ['conv0.weight', ...norm('norm0'), ...blocks];
}

describe('the names of torchvision’s DenseNet121', () => {
  it.each([
    ['', 'features.'],
    ['.', 'features.'],
    ['', 'backbone.0.'],
    ['', 'state_dict.module.features.'],
  ] as const)('are told with "%s" before a number, below %s', (dot, root) => {
    const names = densenetNames(dot).map((name) => root + name);
    const file = new Map(names.map((name, i) => [name, { shape: [1], data: Float32Array.of(i) }]));
    file.set('classifier.weight', { shape: [1], data: Float32Array.of(-1) });
    const found = torchNames(network, file);
    // Both list their layers in the order in which they compute.
    expect([...(found?.originals ?? [])]).toEqual(base.map(({ name }, i) => [name, names[i]]));
    expect([...(found?.tensors ?? [])].map(([, { data }]) => data[0])).toEqual(names.map((_, i) => i));
  });

  it.each([
    ['features.', [/1e-5, here as in Keras 1.001e-5/]],
    ['backbone.0.', [/1e-5, here as in Keras 1.001e-5/, /end before its last ReLU/]],
  ])('belong to a network that differs in nothing that is known to matter, below %s', (root, texts) => {
    const names = densenetNames('').map((name) => root + name);
    const file = new Map(names.map((name) => [name, { shape: [1], data: new Float32Array(1) }]));
    const differences = texts.map((text) => ({
      text: expect.stringMatching(text) as string,
      matters: false,
    }));
    expect(torchNames(network, file)?.differences).toEqual(differences);
  });
});
