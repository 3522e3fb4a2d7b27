import type { NetworkBuilder } from './network-builder.js';

/** A stage of a ResNet: blocks of 1 × 1, 3 × 3 and 1 × 1 convolutions around a shortcut. */
export interface BottleneckStage {
  /** `conv2`: layers are called `conv2_block1_1_conv` and so on. */
  name: string;
  /** Channels inside a block; it puts out four times as many. */
  filters: number;
  blocks: number;
  /** Of the first block. */
  stride: number;
}

/**
 * Adds a stage and returns the name of its last layer. As in Keras the stride sits on the *first* 1 × 1 convolution
 * and on the shortcut of the first block, which is itself a convolution.
 */
export function bottleneckStage(net: NetworkBuilder, input: string, stage: BottleneckStage): string {
  let last = input;
  for (let i = 1; i <= stage.blocks; i++) {
    last = block(net, last, {
      ...stage,
      name: `${stage.name}_block${i}`,
      ...(i > 1 && { stride: 1 }),
      first: i === 1,
    });
  }
  return last;
}

type Block = Omit<BottleneckStage, 'blocks'> & { first: boolean };

function block(net: NetworkBuilder, input: string, { name, filters, stride, first }: Block): string {
  const conv = (
    part: number,
    from: string,
    options: { filters: number; kernel: number; stride?: number },
  ) => {
    const layer = net.conv(`${name}_${part}_conv`, from, { ...options, padding: (options.kernel - 1) / 2 });
    return net.batchNorm(`${name}_${part}_bn`, layer);
  };
  const shortcut = first ? conv(0, input, { filters: 4 * filters, kernel: 1, stride }) : input;
  let inner = net.relu(`${name}_1_relu`, conv(1, input, { filters, kernel: 1, stride }));
  inner = net.relu(`${name}_2_relu`, conv(2, inner, { filters, kernel: 3 }));
  const sum = net.add(`${name}_add`, [shortcut, conv(3, inner, { filters: 4 * filters, kernel: 1 })]);
  return net.relu(`${name}_out`, sum);
}
