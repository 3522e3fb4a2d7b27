import type { Difference } from './stored-tensor.js';

/** How a network of PyTorch calls its layers. */
export interface TorchSpelling {
  /** The first convolution, from whose weight the root of all names is told. */
  first: string;
  /** What further names below that root begin with. */
  others: readonly string[];
  /** Its name for one of our layers; none for a layer of another network. */
  nameOf: (layer: string) => string | undefined;
  differences: readonly Difference[];
}

const epsilon: Difference = {
  text: 'The ε of PyTorch’s batch norms is 1e-5, here as in Keras 1.001e-5.',
  matters: false,
};

const resnetDifferences: readonly Difference[] = [
  {
    text:
      'PyTorch’s ResNet (v1.5) halves the resolution of a stage in its 3 × 3 convolution, this network, as Keras’ ' +
      'ResNet (v1), in the 1 × 1 before it: the same weights see other points.',
    matters: true,
  },
  epsilon,
];

/** @param stage what the stages are called, counted from 1 */
function resnet(conv1: string, bn1: string, stage: (index: number) => string): TorchSpelling {
  return {
    first: conv1,
    others: [`${bn1}.`, `${stage(1)}.0.`],
    differences: resnetDifferences,
    nameOf: (layer) => {
      if (layer === 'conv1_conv') return conv1;
      if (layer === 'conv1_bn') return bn1;
      const [, group, block, part, kind] = /^conv(\d)_block(\d+)_([0-3])_(conv|bn)$/.exec(layer) ?? [];
      if (kind === undefined) return undefined;
      const inner = part === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${part}`;
      return `${stage(Number(group) - 1)}.${Number(block) - 1}.${inner}`;
    },
  };
}

const densenetEnds: Readonly<Record<string, string>> = {
  conv1_conv: 'conv0',
  conv1_bn: 'norm0',
  bn: 'norm5',
};

/** @param dot what stands between a part of a dense layer and its number */
function densenet(dot: '' | '.'): TorchSpelling {
  return {
    first: 'conv0',
    others: ['norm0.', `denseblock1.denselayer1.norm${dot}1.`],
    differences: [epsilon],
    nameOf: (layer) => {
      const [, group, block, part, kind] =
        /^(?:conv|pool)(\d)_(?:block(\d+)_([0-2])_)?(conv|bn)$/.exec(layer) ?? [];
      if (kind === undefined || group === '1') return densenetEnds[layer];
      const called = kind === 'conv' ? 'conv' : 'norm';
      if (part === undefined) return `transition${Number(group) - 1}.${called}`;
      const number = Number(part) + (kind === 'bn' ? 1 : 0);
      return `denseblock${Number(group) - 1}.denselayer${block}.${called}${dot}${number}`;
    },
  };
}

/** Of a DenseNet's features alone, put in a Sequential. */
function withinSequential({ first, others, nameOf, differences }: TorchSpelling): TorchSpelling {
  return {
    first: `0.${first}`,
    others: others.map((start) => `0.${start}`),
    nameOf: (layer) => {
      const name = nameOf(layer);
      return name === undefined ? undefined : `0.${name}`;
    },
    differences: [
      ...differences,
      {
        text:
          'The features of torchvision’s DenseNet end before its last ReLU, and a file of them alone does not say ' +
          'whether one followed; here, as in torchvision’s network, it does.',
        matters: false,
      },
    ],
  };
}

/**
 * torchvision's ResNets and DenseNets, also as children put in a Sequential, which RadImageNet's files are; a DenseNet
 * also with the dots that torchvision's own file still has. `features.` belongs to the root.
 */
export const torchSpellings: readonly TorchSpelling[] = [
  resnet('conv1', 'bn1', (index) => `layer${index}`),
  resnet('0', '1', (index) => String(index + 3)),
  densenet(''),
  densenet('.'),
  withinSequential(densenet('')),
];
