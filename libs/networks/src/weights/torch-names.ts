import type { Network } from '../network.js';
import { sizeOf } from '../size-of.js';
import type { Renamed, StoredTensor, StoredTensors } from './stored-tensor.js';
import { torchSpellings, type TorchSpelling } from './torch-spellings.js';

const variables: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/**
 * Names of torchvision's ResNets and DenseNets, whatever stands before them (`module.`, `state_dict.backbone.`):
 * kernels are turned from out × in × height × width to height × width × in × out. Where no convolution of a ResNet has
 * a bias the biases are zero, and the network is one of PyTorch's own, which differs from ours. Where they have biases,
 * weights of Keras were put under these names, and nothing differs.
 */
export function torchNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  const found = findRoot(tensors);
  if (!found) return undefined;
  const { root, spelling } = found;
  const hasBiases = tensors.has(`${root}${spelling.first}.bias`);
  const renamed = new Map<string, StoredTensor>();
  const originals = new Map<string, string>();
  for (const { name, shape, part } of network.weights) {
    const original = torchName(name, spelling);
    if (part !== 'base' || original === undefined) continue;
    const tensor = tensors.get(root + original);
    const isBias = name.endsWith('_conv/bias');
    if (tensor) renamed.set(name, name.endsWith('/kernel') ? turned(tensor) : tensor);
    else if (isBias && !hasBiases) renamed.set(name, zeros(shape));
    originals.set(name, root + original);
  }
  return {
    naming: 'PyTorch',
    tensors: renamed,
    originals,
    differences: hasBiases ? [] : spelling.differences,
  };
}

function findRoot(tensors: StoredTensors): { root: string; spelling: TorchSpelling } | undefined {
  const names = [...tensors.keys()];
  const roots = torchSpellings.flatMap((spelling) => {
    const last = `${spelling.first}.weight`;
    return names
      .filter((name) => name === last || name.endsWith(`.${last}`))
      .map((name) => ({ root: name.slice(0, -last.length), spelling }));
  });
  const isRoot = ({ root, spelling }: (typeof roots)[number]) =>
    spelling.others.every((start) => names.some((name) => name.startsWith(root + start)));
  return roots.filter(isRoot).sort((a, b) => a.root.length - b.root.length)[0];
}

/** `layer1.0.downsample.1.running_var` for `conv2_block1_0_bn/moving_variance`; none for a layer of another network. */
function torchName(name: string, { nameOf }: TorchSpelling): string | undefined {
  const [layer = '', variable = ''] = name.split('/');
  const [called, last] = [nameOf(layer), variables[variable]];
  return called === undefined || last === undefined ? undefined : `${called}.${last}`;
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
