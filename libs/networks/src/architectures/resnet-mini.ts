import type { Network, NetworkOptions } from '../network.js';
import { resnet } from './resnet.js';

/**
 * ResNet50's topology with about 100,000 weights, for studies in minutes on one core and for tests. The last stage
 * keeps its resolution, so that images of 32 pixels still leave 2 × 2 points there. Its moving statistics follow
 * quickly: with Keras' momentum, an epoch of ten steps would be judged by the statistics of an untrained network.
 */
export function resnetMini(options: NetworkOptions): Network {
  return resnet(
    {
      name: 'resnet-mini',
      momentum: 0.9,
      conv1: { filters: 16, kernel: 3, stride: 2 },
      stages: [
        { filters: 16, blocks: 1, stride: 1 },
        { filters: 24, blocks: 1, stride: 2 },
        { filters: 32, blocks: 1, stride: 2 },
        { filters: 48, blocks: 1, stride: 1 },
      ],
    },
    options,
  );
}
