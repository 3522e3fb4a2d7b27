import type { Network, NetworkOptions } from '../network.js';
import { head } from './head.js';
import { InceptionBuilder } from './inception-builder.js';

const wide = [1, 7] as const;
const tall = [7, 1] as const;

/**
 * Keras' InceptionV3 without its top: 21,802,784 weights before the head.
 *
 * Looked at where the resolution is about to be halved, and at the end: the `activation_2` and `activation_4` of the
 * stem, then `mixed2`, `mixed7` and `mixed10`, whose channels have all been through a ReLU.
 *
 * Reference: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, CVPR, 2818–2826; layout as in
 * keras.applications.inception_v3.
 */
export function inceptionV3(options: NetworkOptions): Network {
  const net = new InceptionBuilder(options.imageSize);
  const { outputs, last: stem } = net.stem();
  const mixed2 = [32, 64, 64].reduce((last, pooled, i) => mixedSquare(net, `mixed${i}`, last, pooled), stem);
  const mixed3 = net.concat('mixed3', [
    net.branch(mixed2, [384, 3, 'halving']),
    net.branch(mixed2, [64, 1], [96, 3], [96, 3, 'halving']),
    net.halvingPool(mixed2),
  ]);
  const mixed7 = [128, 160, 160, 192].reduce(
    (last, inner, i) => mixedLong(net, `mixed${i + 4}`, last, inner),
    mixed3,
  );
  const mixed8 = net.concat('mixed8', [
    net.branch(mixed7, [192, 1], [320, 3, 'halving']),
    net.branch(mixed7, [192, 1], [192, wide], [192, tall], [192, 3, 'halving']),
    net.halvingPool(mixed7),
  ]);
  const mixed9 = mixedForked(net, mixed8, { name: 'mixed9', threes: 'mixed9_0' });
  const mixed10 = mixedForked(net, mixed9, { name: 'mixed10', threes: 'mixed9_1' });
  head(net, mixed10, options);
  return net.build('inception-v3', [...outputs, mixed2, mixed7, mixed10]);
}

/** 35 × 35 points of an image of 299. @param pooled channels of the branch that begins with a pool */
function mixedSquare(net: InceptionBuilder, name: string, input: string, pooled: number): string {
  return net.concat(name, [
    net.branch(input, [64, 1]),
    net.branch(input, [48, 1], [64, 5]),
    net.branch(input, [64, 1], [96, 3], [96, 3]),
    net.branch(net.smoothingPool(input), [pooled, 1]),
  ]);
}

/** 17 × 17 points, seen through kernels of one row and of one column. @param inner channels between those */
function mixedLong(net: InceptionBuilder, name: string, input: string, inner: number): string {
  return net.concat(name, [
    net.branch(input, [192, 1]),
    net.branch(input, [inner, 1], [inner, wide], [192, tall]),
    net.branch(input, [inner, 1], [inner, tall], [inner, wide], [inner, tall], [192, wide]),
    net.branch(net.smoothingPool(input), [192, 1]),
  ]);
}

/** 8 × 8 points. @param names.threes what Keras calls the two ends of the shorter fork, put together */
function mixedForked(net: InceptionBuilder, input: string, names: { name: string; threes: string }): string {
  const fork = (name: string, from: string) =>
    net.concat(name, [net.branch(from, [384, [1, 3]]), net.branch(from, [384, [3, 1]])]);
  return net.concat(names.name, [
    net.branch(input, [320, 1]),
    fork(names.threes, net.branch(input, [384, 1])),
    fork(net.automaticName('concatenate'), net.branch(input, [448, 1], [384, 3])),
    net.branch(net.smoothingPool(input), [192, 1]),
  ]);
}
