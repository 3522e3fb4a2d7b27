import { describe, expect, it } from 'vitest';
import { kerasLayerOrder } from './keras-order.js';
import { readBase } from './read-base.js';
import type { StoredTensor } from './stored-tensor.js';
import { baseTensorsOf, tinyResnet } from './tensors.fixture.js';

const tensors = baseTensorsOf(tinyResnet);
const expected = new Map([...tensors].map(([name, { data }]) => [name, data]));
const renamed = (nameOf: (name: string) => string) =>
  new Map([...tensors].map(([name, tensor]) => [nameOf(name), tensor]));

/** Names of torchvision: `layer2.1.conv3.weight`. */
function torchName(name: string): string {
  const variables = { kernel: 'weight', bias: 'bias', gamma: 'weight', beta: 'bias' };
  const statistics = { moving_mean: 'running_mean', moving_variance: 'running_var' };
  const [layer, variable] = name.split('/') as [string, keyof typeof variables];
  const [, stage, block, part, kind] = /^conv(\d)(?:_block(\d)_(\d))?_(conv|bn)$/.exec(layer)!;
  const last = { ...variables, ...statistics }[variable];
  if (block === undefined) return `${kind}1.${last}`;
  const inner = part === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${part}`;
  return `layer${Number(stage) - 1}.${Number(block) - 1}.${inner}.${last}`;
}

/** height × width × in × out to out × in × height × width. */
function turned({ shape, data }: StoredTensor): StoredTensor {
  const [height, width, ins, outs] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  data.forEach((value, at) => {
    const [o, i, w, h] = [
      at % outs,
      Math.floor(at / outs) % ins,
      Math.floor(at / outs / ins) % width,
      Math.floor(at / outs / ins / width),
    ];
    out[((o * ins + i) * height + h) * width + w] = value;
  });
  return { shape: [outs, ins, height, width], data: out };
}

const torch = ({ biases, prefix = '' }: { biases: boolean; prefix?: string }) =>
  new Map(
    [...tensors]
      .filter(([name]) => biases || !name.endsWith('_conv/bias'))
      .map(([name, tensor]) => [
        prefix + torchName(name),
        name.endsWith('/kernel') ? turned(tensor) : tensor,
      ]),
  );

/** `layers/conv2d_3/vars/0`, layers numbered in the order of Keras. */
function numbered(): Map<string, StoredTensor> {
  const named = new Map<string, StoredTensor>();
  for (const [kind, className] of [
    ['conv', 'conv2d'],
    ['batch-norm', 'batch_normalization'],
  ] as const) {
    kerasLayerOrder(tinyResnet)
      .filter((layer) => layer.kind === kind)
      .forEach((layer, i) => {
        const own = [...tensors].filter(([name]) => name.startsWith(`${layer.name}/`));
        own.forEach(([, tensor], j) => named.set(`layers/${className}${i ? `_${i}` : ''}/vars/${j}`, tensor));
      });
  }
  return named;
}

/** Names of Keras before 2.2.4: `res2a_branch2b/kernel`. */
function olderName(name: string): string {
  const [layer, variable] = name.split('/') as [string, string];
  const [, stage, block, part, kind] = /^conv(\d)(?:_block(\d)_(\d))?_(conv|bn)$/.exec(layer)!;
  if (block === undefined) return `${kind === 'conv' ? 'conv1' : 'bn_conv1'}/${variable}`;
  const branch = part === '0' ? 'branch1' : `branch2${' abc'[Number(part)]}`;
  return `${kind === 'conv' ? 'res' : 'bn'}${stage}${' abc'[Number(block)]}_${branch}/${variable}`;
}

describe('the base of a network', () => {
  it.each([
    ['our names', tensors, { naming: 'Keras', unchanged: true }],
    ['a model in a model', renamed((name) => `resnet50/${name}`), { naming: 'Keras', unchanged: false }],
    ['layers by number', numbered(), { naming: 'Keras, layers by number' }],
    ['older names of Keras', renamed(olderName), { naming: 'Keras before 2.2.4' }],
    ['names of PyTorch', torch({ biases: true }), { naming: 'PyTorch' }],
    [
      'PyTorch in a wrapper',
      torch({ biases: true, prefix: 'state_dict.module.backbone.' }),
      { naming: 'PyTorch' },
    ],
  ])('is found under %s', (_, file, about) => {
    const { weights, ...base } = readBase(tinyResnet, file, 'w');
    expect(weights).toEqual(expected);
    expect(base).toMatchObject(about);
  });

  it('is found where Keras 2 has a slash in the name of a layer, also in a model in a model', () => {
    const spec = { shape: [1], trainable: true, part: 'base', init: 'zeros' } as const;
    const weights = ['conv1_bn/gamma', 'bn/gamma'].map((name) => ({ ...spec, name }));
    const values = ['conv1/bn/gamma', 'bn/gamma'].map((name, i): [string, StoredTensor] => [
      name,
      { shape: [1], data: Float32Array.of(i) },
    ]);
    for (const within of ['', 'densenet121/']) {
      const file = new Map(values.map(([name, tensor]) => [within + name, tensor]));
      const found = readBase({ ...tinyResnet, weights }, file, 'w').weights;
      expect(
        [...found].map(([, [value]]) => value),
        within,
      ).toEqual([0, 1]);
    }
  });

  it('is found where the children of a ResNet were put in a Sequential', () => {
    const places: Record<string, string> = { conv1: '0', bn1: '1', layer1: '4', layer2: '5' };
    const file = new Map(
      [...torch({ biases: true })].map(([name, tensor]) => [
        `backbone.${name.replace(/^[a-z]+\d/, (part) => places[part] ?? part)}`,
        tensor,
      ]),
    );
    expect([...file.keys()]).toContain('backbone.5.1.conv3.weight');
    expect(readBase(tinyResnet, file, 'w').weights).toEqual(expected);
  });

  it('is found in a graph of TensorFlow', () => {
    const ops: Record<string, string> = {
      kernel: 'Conv2D/ReadVariableOp',
      bias: 'BiasAdd/ReadVariableOp',
      gamma: 'ReadVariableOp',
      beta: 'ReadVariableOp_1',
      moving_mean: 'FusedBatchNormV3/ReadVariableOp',
      moving_variance: 'FusedBatchNormV3/ReadVariableOp_1',
    };
    const file = renamed((name) => {
      const [layer, variable] = name.split('/') as [string, string];
      return `StatefulPartitionedCall/resnet50/${layer}/${ops[variable]}`;
    });
    expect(readBase(tinyResnet, file, 'w')).toMatchObject({ weights: expected, naming: 'TensorFlow graph' });
  });

  it('gets biases of zero from PyTorch’s own ResNet, and the difference is said', () => {
    const { weights, differences } = readBase(tinyResnet, torch({ biases: false }), 'w');
    for (const [name, data] of weights) {
      const isBias = name.endsWith('_conv/bias');
      expect(data, name).toEqual(isBias ? new Float32Array(data.length) : expected.get(name));
    }
    expect(differences.map(({ matters }) => matters)).toEqual([true, false]);
    expect(differences[0]?.text).toMatch(/3 × 3/);
  });

  it('differs in nothing where convolutions under PyTorch’s names have biases, as Keras’ do', () => {
    expect(readBase(tinyResnet, torch({ biases: true }), 'w').differences).toEqual([]);
  });

  it.each([
    ['conv2d', 'conv2d_1', 'conv2d_2', 'conv2d_10'],
    ['conv2d_1', 'conv2d_2', 'conv2d_3', 'conv2d_11'],
    ['conv2d_95', 'conv2d_96', 'conv2d_99', 'conv2d_104'],
  ])('is found by order where Keras numbers layers by itself, from %s on', (...found) => {
    const ours = ['conv2d', 'conv2d_1', 'conv2d_2', 'conv2d_10'];
    const spec = { shape: [1], trainable: true, part: 'base', init: 'zeros' } as const;
    const network = { ...tinyResnet, weights: ours.map((layer) => ({ ...spec, name: `${layer}/kernel` })) };
    const file = new Map(
      [...found]
        .reverse()
        .map((layer) => [`${layer}/kernel`, { shape: [1], data: Float32Array.of(found.indexOf(layer)) }]),
    );
    const { weights } = readBase(network, file, 'w');
    expect([...weights.values()].map(([value]) => value)).toEqual([0, 1, 2, 3]);
    file.delete(`${found[1]}/kernel`);
    expect(() => readBase(network, file, 'w')).toThrow(/^w: expected the tensors of tiny-resnet/);
  });

  it('names what is missing or misshapen as the file calls it too', () => {
    const file = torch({ biases: false });
    file.delete('layer1.0.conv1.weight');
    file.set('bn1.running_mean', { shape: [5], data: new Float32Array(5) });
    expect(() => readBase(tinyResnet, file, 'w.pth')).toThrow(
      'w.pth: expected the tensors of tiny-resnet, found 2 of 72 at fault: ' +
        'conv1_bn/moving_mean, there bn1.running_mean (expected [2], found [5]), ' +
        'conv2_block1_1_conv/kernel, there layer1.0.conv1.weight (expected [1, 1, 2, 2], found nothing)',
    );
  });

  it('says how many layers a file has that numbers them, where it is another number', () => {
    const file = numbered();
    file.set('layers/conv2d_99/vars/0', file.get('layers/conv2d/vars/0')!);
    expect(() => readBase(tinyResnet, file, 'w.h5')).toThrow(
      'w.h5: expected 12 layers conv2d of tiny-resnet, found 13',
    );
  });

  it.each([
    [
      'Mixed_6b.branch7x7dbl_5.bn.weight',
      /found PyTorch’s InceptionV3, another network than that of Keras: .*γ/,
    ],
    ['module.12.branch7x7dbl_5.bn.weight', /found PyTorch’s InceptionV3/],
    [
      'StatefulPartitionedCall/model/conv1_conv/Conv2D_bn_offset',
      /found a graph model of TensorFlow\.js, .* folds batch norms .*; convert the Keras model to a layers model$/,
    ],
  ])('says of a network that it knows and cannot take why: %s', (name, why) => {
    const file = new Map([...tensors, [name, { shape: [1], data: new Float32Array(1) }]]);
    expect(() => readBase(tinyResnet, file, 'w')).toThrow(why);
  });

  it.each([
    ['Keras', 'conv3_block3_1_conv/kernel', tensors],
    ['PyTorch', 'backbone.layer2.2.conv1.weight', torch({ biases: true, prefix: 'backbone.' })],
  ])('is not found in a deeper network of %s, but is beside a head of convolutions', (_, more, base) => {
    const kernel = { shape: [1, 1, 3, 3], data: new Float32Array(9) };
    const file = new Map([...base, ['head_conv/kernel', kernel]]);
    expect(readBase(tinyResnet, file, 'w').weights.size).toBe(expected.size);
    file.set(more, kernel);
    expect(() => readBase(tinyResnet, file, 'w')).toThrow(
      `w: expected the 12 convolutions of tiny-resnet, found 1 more, such as ${more}`,
    );
  });

  it('says what a file holds that knows none of the names', () => {
    const file = new Map([['encoder.block.0.weight', { shape: [1], data: new Float32Array(1) }]]);
    expect(() => readBase(tinyResnet, file, 'w.bin')).toThrow(
      'w.bin: expected the tensors of tiny-resnet under the names of Keras or PyTorch, ' +
        'found 1 tensors of other names, such as encoder.block.0.weight',
    );
  });
});
