import { resnet } from '../architectures/resnet.js';
import type { Network } from '../network.js';
import type { StoredTensor } from './stored-tensor.js';

/** A ResNet of two stages that is small enough to look at. */
export const tinyResnet: Network = resnet(
  {
    name: 'tiny-resnet',
    conv1: { filters: 2, kernel: 3, stride: 2 },
    stages: [
      { filters: 2, blocks: 1, stride: 1 },
      { filters: 3, blocks: 2, stride: 2 },
    ],
  },
  { imageSize: 32, classes: 2, dropout: 0 },
);

/** A tensor of the base for every weight, each with numbers of its own. */
export function baseTensorsOf({ weights }: Network): Map<string, StoredTensor> {
  const base = weights.filter(({ part }) => part === 'base');
  return new Map(
    base.map(({ name, shape }, i) => [
      name,
      {
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, j) => i + j / 1000),
      },
    ]),
  );
}
