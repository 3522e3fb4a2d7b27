import { resnet50 } from './architectures/resnet50.js';
import { resnetMini } from './architectures/resnet-mini.js';
import type { Architecture, Network, NetworkOptions } from './network.js';

const builders = { resnet50, 'resnet-mini': resnetMini };

/**
 * Describes a network.
 *
 * @throws RangeError when the images are smaller than 32 pixels, there are fewer than 2 classes, or dropout is not in [0, 1)
 */
export function buildNetwork(architecture: Architecture, options: NetworkOptions): Network {
  const { imageSize, classes, dropout } = options;
  requireRange('imageSize', imageSize, { least: 32, integer: true });
  requireRange('classes', classes, { least: 2, integer: true });
  requireRange('dropout', dropout, { least: 0, below: 1 });
  return builders[architecture](options);
}

function requireRange(
  name: string,
  value: number,
  { least, below = Infinity, integer = false }: { least: number; below?: number; integer?: boolean },
): void {
  if (value >= least && value < below && (!integer || Number.isInteger(value))) return;
  const kind = integer ? 'an integer' : 'a number';
  throw new RangeError(`${name}: expected ${kind} of at least ${least} and below ${below}, found ${value}`);
}
