import type { Network } from '../network.js';
import { sizeOf } from '../size-of.js';
import type { Difference, Renamed, StoredTensor, StoredTensors } from './stored-tensor.js';

/** How a ResNet of PyTorch calls its parts; stages are counted from 1. */
interface Spelling {
  conv1: string;
  bn1: string;
  stage: (index: number) => string;
}

/** torchvision's, and that of its children put in a Sequential, as RadImageNet's files for PyTorch are. */
const spellings: readonly Spelling[] = [
  { conv1: 'conv1', bn1: 'bn1', stage: (index) => `layer${index}` },
  { conv1: '0', bn1: '1', stage: (index) => String(index + 3) },
];

const variables: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

const differences: readonly Difference[] = [
  {
    text:
      'PyTorch’s ResNet (v1.5) halves the resolution of a stage in its 3 × 3 convolution, this network, as Keras’ ' +
      'ResNet (v1), in the 1 × 1 before it: the same weights see other points.',
    matters: true,
  },
  { text: 'The ε of PyTorch’s batch norms is 1e-5, here as in Keras 1.001e-5.', matters: false },
];

/**
 * Names of torchvision's ResNets, whatever stands before them (`module.`, `state_dict.backbone.`): kernels are turned
 * from out × in × height × width to height × width × in × out. Where no convolution has a bias the biases are zero,
 * and the network is one of PyTorch's own, which differs from ours. Where they have biases, weights of Keras were put
 * under these names, and nothing differs.
 */
export function torchNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  const found = findRoot(tensors);
  if (!found) return undefined;
  const { root, spelling } = found;
  const nameOf = (name: string) => torchName(name, spelling);
  const hasBiases = tensors.has(`${root}${spelling.conv1}.bias`);
  const renamed = new Map<string, StoredTensor>();
  const originals = new Map<string, string>();
  for (const { name, shape, part } of network.weights) {
    const original = nameOf(name);
    if (part !== 'base' || original === undefined) continue;
    const tensor = tensors.get(root + original);
    const isBias = name.endsWith('_conv/bias');
    if (tensor) renamed.set(name, name.endsWith('/kernel') ? turned(tensor) : tensor);
    else if (isBias && !hasBiases) renamed.set(name, zeros(shape));
    originals.set(name, root + original);
  }
  return { naming: 'PyTorch', tensors: renamed, originals, differences: hasBiases ? [] : differences };
}

function findRoot(tensors: StoredTensors): { root: string; spelling: Spelling } | undefined {
  const roots = spellings.flatMap((spelling) => {
    const last = `${spelling.conv1}.weight`;
    return [...tensors.keys()]
      .filter((name) => name === last || name.endsWith(`.${last}`))
      .map((name) => ({ root: name.slice(0, -last.length), spelling }));
  });
  const names = [...tensors.keys()];
  const isRoot = ({ root, spelling: { bn1, stage } }: (typeof roots)[number]) =>
    names.some((name) => name.startsWith(`${root}${bn1}.`)) &&
    names.some((name) => name.startsWith(`${root}${stage(1)}.0.`));
  return roots.filter(isRoot).sort((a, b) => a.root.length - b.root.length)[0];
}

/** `layer1.0.downsample.1.running_var` for `conv2_block1_0_bn/moving_variance`; none for a layer of another network. */
function torchName(name: string, { conv1, bn1, stage }: Spelling): string | undefined {
  const [layer = '', variable = ''] = name.split('/');
  const last = variables[variable];
  if (last === undefined) return undefined;
  if (layer === 'conv1_conv' || layer === 'conv1_bn') return `${layer === 'conv1_bn' ? bn1 : conv1}.${last}`;
  const [, group, block, part, kind] = /^conv(\d+)_block(\d+)_([0-3])_(conv|bn)$/.exec(layer) ?? [];
  if (group === undefined || block === undefined || part === undefined || kind === undefined)
    return undefined;
  const inner = part === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${part}`;
  return `${stage(Number(group) - 1)}.${Number(block) - 1}.${inner}.${last}`;
}

/** A kernel out × in × height × width as height × width × in × out; one of another rank as it is. */
function turned(kernel: StoredTensor): StoredTensor {
  const [outs, ins, height, width, ...more] = kernel.shape;
  if (outs === undefined || ins === undefined || height === undefined || width === undefined) return kernel;
  if (more.length > 0) return kernel;
  const data = new Float32Array(kernel.data.length);
  const points = height * width;
  let from = 0;
  for (let out = 0; out < outs; out++) {
    for (let into = 0; into < ins; into++) {
      for (let point = 0; point < points; point++) {
        data[(point * ins + into) * outs + out] = kernel.data[from++] ?? 0;
      }
    }
  }
  return { shape: [height, width, ins, outs], data };
}

function zeros(shape: readonly number[]): StoredTensor {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}
