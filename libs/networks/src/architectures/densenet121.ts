import type { Network, NetworkOptions } from '../network.js';
import { head } from './head.js';
import { NetworkBuilder } from './network-builder.js';

/** Channels that each block of a stage adds to those before. */
const growth = 32;
/** Blocks of the stages `conv2` to `conv5`. */
const stages = [6, 12, 24, 16];

/**
 * Keras' DenseNet121 without its top: 7,037,504 weights before the head.
 *
 * Looked at where the resolution is about to be halved, after the ReLU there: `conv1_relu`, the `pool2_relu` to
 * `pool4_relu` that close the first three stages, and the last `relu`. A stage itself ends in a concatenation, which
 * no batch norm has seen yet.
 *
 * Reference: Huang, Liu, van der Maaten and Weinberger 2017, CVPR, 2261–2269; layout as in keras.applications.densenet.
 */
export function densenet121(options: NetworkOptions): Network {
  const net = new NetworkBuilder(options.imageSize);
  const conv1 = net.conv('conv1_conv', 'images', {
    filters: 64,
    kernel: 7,
    stride: 2,
    padding: 3,
    bias: false,
  });
  const outputs = [net.relu('conv1_relu', net.batchNorm('conv1_bn', conv1))];
  let last = net.maxPool('pool1', 'conv1_relu', { kernel: 3, stride: 2, padding: 1 });
  stages.forEach((blocks, i) => {
    for (let block = 1; block <= blocks; block++) last = denseBlock(net, `conv${i + 2}_block${block}`, last);
    const prefix = i === stages.length - 1 ? '' : `pool${i + 2}_`;
    last = net.relu(`${prefix}relu`, net.batchNorm(`${prefix}bn`, last));
    outputs.push(last);
    if (prefix) last = halve(net, prefix, last);
  });
  head(net, last, options);
  return net.build('densenet121', outputs);
}

/** Adds its channels to those of its input. */
function denseBlock(net: NetworkBuilder, name: string, input: string): string {
  const open = net.relu(`${name}_0_relu`, net.batchNorm(`${name}_0_bn`, input));
  const narrow = net.conv(`${name}_1_conv`, open, { filters: 4 * growth, kernel: 1, bias: false });
  const inner = net.relu(`${name}_1_relu`, net.batchNorm(`${name}_1_bn`, narrow));
  const added = net.conv(`${name}_2_conv`, inner, {
    filters: growth,
    kernel: 3,
    padding: 'same',
    bias: false,
  });
  return net.concat(`${name}_concat`, [input, added]);
}

/** Half the channels at half the resolution. */
function halve(net: NetworkBuilder, prefix: string, input: string): string {
  const filters = net.channelsOf(input) / 2;
  const narrow = net.conv(`${prefix}conv`, input, { filters, kernel: 1, bias: false });
  return net.averagePool(`${prefix}pool`, narrow, { kernel: 2, stride: 2 });
}
