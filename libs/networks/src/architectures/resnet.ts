import type { Network, NetworkOptions } from '../network.js';
import { bottleneckStage, type BottleneckStage } from './bottleneck.js';
import { head } from './head.js';
import { NetworkBuilder } from './network-builder.js';

/** What tells one ResNet from another. */
export interface ResnetPlan {
  name: string;
  conv1: { filters: number; kernel: number; stride: number };
  stages: readonly Omit<BottleneckStage, 'name'>[];
  /** Of the batch norms' moving statistics; Keras' 0.99 when left out. */
  momentum?: number;
}

/**
 * A ResNet v1 with Keras' layer names: `conv1_conv` … `pool1_pool`, `conv2_block1_1_conv` … `conv5_block3_out`,
 * `avg_pool`, and the head `dropout`, `predictions`.
 *
 * Reference: He, Zhang, Ren and Sun 2016, CVPR, 770–778; layout as in keras.applications.resnet.
 */
export function resnet(plan: ResnetPlan, options: NetworkOptions): Network {
  const net = new NetworkBuilder(options.imageSize, plan.momentum);
  const padding = (plan.conv1.kernel - 1) / 2;
  const conv1 = net.batchNorm('conv1_bn', net.conv('conv1_conv', 'images', { ...plan.conv1, padding }));
  const outputs = [net.relu('conv1_relu', conv1)];
  let last = net.maxPool('pool1_pool', 'conv1_relu', { kernel: 3, stride: 2, padding: 1 });
  plan.stages.forEach((stage, i) => {
    last = bottleneckStage(net, last, { ...stage, name: `conv${i + 2}` });
    outputs.push(last);
  });
  head(net, last, options);
  return net.build(plan.name, outputs);
}
