import type { Network, NetworkOptions } from '../network.js';
import { head } from './head.js';
import { InceptionBuilder, type Unit } from './inception-builder.js';

/** Blocks around a shortcut: what their branches find is added to it, times `scale`. */
interface ResidualStage {
  /** `block35`: layers are called `block35_1_mixed` and so on. */
  name: string;
  blocks: number;
  scale: number;
  branches: readonly (readonly Unit[])[];
}

// prettier-ignore
const block35: ResidualStage = {
  name: 'block35',
  blocks: 10,
  scale: 0.17,
  branches: [
    [[32, 1]],
    [[32, 1], [32, 3]],
    [[32, 1], [48, 3], [64, 3]],
  ],
};

// prettier-ignore
const block17: ResidualStage = {
  name: 'block17',
  blocks: 20,
  scale: 0.1,
  branches: [
    [[192, 1]],
    [[128, 1], [160, [1, 7]], [192, [7, 1]]],
  ],
};

// prettier-ignore
const block8: ResidualStage = {
  name: 'block8',
  blocks: 10,
  scale: 0.2,
  branches: [
    [[192, 1]],
    [[192, 1], [224, [1, 3]], [256, [3, 1]]],
  ],
};

/**
 * Keras' InceptionResNetV2 without its top: 54,336,736 weights before the head.
 *
 * Looked at where the resolution is about to be halved, and at the end: the `activation_2` and `activation_4` of the
 * stem, `block35_10_ac`, `block17_20_ac` and `conv_7b_ac`.
 *
 * Reference: Szegedy, Ioffe, Vanhoucke and Alemi 2017, AAAI, 4278–4284; layout as in
 * keras.applications.inception_resnet_v2.
 */
export function inceptionResnetV2(options: NetworkOptions): Network {
  const net = new InceptionBuilder(options.imageSize);
  const { outputs, last: stem } = net.stem();
  const mixed5 = net.concat('mixed_5b', [
    net.branch(stem, [96, 1]),
    net.branch(stem, [48, 1], [64, 5]),
    net.branch(stem, [64, 1], [96, 3], [96, 3]),
    net.branch(net.smoothingPool(stem), [64, 1]),
  ]);
  const eighth = residualStage(net, mixed5, block35);
  const mixed6 = net.concat('mixed_6a', [
    net.branch(eighth, [384, 3, 'halving']),
    net.branch(eighth, [256, 1], [256, 3], [384, 3, 'halving']),
    net.halvingPool(eighth),
  ]);
  const sixteenth = residualStage(net, mixed6, block17);
  const mixed7 = net.concat('mixed_7a', [
    net.branch(sixteenth, [256, 1], [384, 3, 'halving']),
    net.branch(sixteenth, [256, 1], [288, 3, 'halving']),
    net.branch(sixteenth, [256, 1], [288, 3], [320, 3, 'halving']),
    net.halvingPool(sixteenth),
  ]);
  const last = net.unit(
    ['conv_7b', 'conv_7b_bn', 'conv_7b_ac'],
    residualStage(net, mixed7, block8),
    [1536, 1],
  );
  head(net, last, options);
  return net.build('inception-resnet-v2', [...outputs, eighth, sixteenth, last]);
}

/** The very last block, `block8_10`, adds all of what it finds and has no ReLU. */
function residualStage(net: InceptionBuilder, input: string, stage: ResidualStage): string {
  let last = input;
  for (let i = 1; i <= stage.blocks; i++) {
    const name = `${stage.name}_${i}`;
    const open = name === 'block8_10';
    last = residualBlock(net, last, { ...stage, name, ...(open && { scale: 1 }) });
    if (!open) last = net.relu(`${name}_ac`, last);
  }
  return last;
}

function residualBlock(
  net: InceptionBuilder,
  input: string,
  { name, scale, branches }: ResidualStage,
): string {
  const ends = branches.map((units) => net.branch(input, ...units)) as [string, ...string[]];
  const mixed = net.concat(`${name}_mixed`, ends);
  const found = net.conv(`${name}_conv`, mixed, { filters: net.channelsOf(input), kernel: 1 });
  return net.add(net.automaticName('custom_scale_layer'), [input, found], scale);
}
