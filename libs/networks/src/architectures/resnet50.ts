import type { Network, NetworkOptions } from '../network.js';
import { resnet } from './resnet.js';

/** Keras' ResNet50 without its top: 23,587,712 weights before the head. */
export function resnet50(options: NetworkOptions): Network {
  return resnet(
    {
      name: 'resnet50',
      conv1: { filters: 64, kernel: 7, stride: 2 },
      stages: [
        { filters: 64, blocks: 3, stride: 1 },
        { filters: 128, blocks: 4, stride: 2 },
        { filters: 256, blocks: 6, stride: 2 },
        { filters: 512, blocks: 3, stride: 2 },
      ],
    },
    options,
  );
}
