import { densenet121 } from './architectures/densenet121.js';
import { inceptionResnetV2 } from './architectures/inception-resnet-v2.js';
import { inceptionV3 } from './architectures/inception-v3.js';
import { resnet50 } from './architectures/resnet50.js';
import { resnetMini } from './architectures/resnet-mini.js';
import type { Network, NetworkOptions } from './network.js';

interface Blueprint {
  build(options: NetworkOptions): Network;
  /** Side in pixels of the smallest images that Keras takes for it. */
  leastImageSize: number;
}

const blueprints = {
  resnet50: { build: resnet50, leastImageSize: 32 },
  'resnet-mini': { build: resnetMini, leastImageSize: 32 },
  densenet121: { build: densenet121, leastImageSize: 32 },
  'inception-v3': { build: inceptionV3, leastImageSize: 75 },
  'inception-resnet-v2': { build: inceptionResnetV2, leastImageSize: 75 },
} satisfies Record<string, Blueprint>;

export type Architecture = keyof typeof blueprints;

/**
 * Describes a network.
 *
 * @throws RangeError when the images are smaller than `leastImageSize` says, there are fewer than 2 classes, or dropout
 *   is not in [0, 1)
 */
export function buildNetwork(architecture: Architecture, options: NetworkOptions): Network {
  const { imageSize, classes, dropout } = options;
  requireRange('imageSize', imageSize, { least: leastImageSize(architecture), integer: true });
  requireRange('classes', classes, { least: 2, integer: true });
  requireRange('dropout', dropout, { least: 0, below: 1 });
  return blueprints[architecture].build(options);
}

/**
 * A network of an architecture to look at what depends on neither images nor classes: what its layers are called, and
 * the weights of its base.
 */
export function prototypeNetwork(architecture: Architecture): Network {
  return buildNetwork(architecture, { imageSize: 224, classes: 2, dropout: 0 });
}

/** Side in pixels of the smallest images that a network takes. */
export function leastImageSize(architecture: Architecture): number {
  return blueprints[architecture].leastImageSize;
}

function requireRange(
  name: string,
  value: number,
  { least, below = Infinity, integer = false }: { least: number; below?: number; integer?: boolean },
): void {
  if (value >= least && value < below && (!integer || Number.isInteger(value))) return;
  const kind = integer ? 'an integer' : 'a number';
  const bounds = below === Infinity ? `at least ${least}` : `at least ${least} and below ${below}`;
  throw new RangeError(`${name}: expected ${kind} of ${bounds}, found ${value}`);
}
