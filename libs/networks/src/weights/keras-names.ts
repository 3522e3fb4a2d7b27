import type { Layer, Network } from '../network.js';
import { kerasLayerOrder } from './keras-order.js';
import type { Difference, Renamed, StoredTensor, StoredTensors } from './stored-tensor.js';

const classes: Partial<Record<Layer['kind'], string>> = {
  conv: 'conv2d',
  'batch-norm': 'batch_normalization',
};

const olderDifferences: readonly Difference[] = [
  {
    text: 'The ε of the batch norms of Keras before 2.2.4 is 1e-3, here as in later releases 1.001e-5.',
    matters: true,
  },
];

const tensorflowOps: Readonly<Record<string, string>> = {
  kernel: 'Conv2D/ReadVariableOp',
  bias: 'BiasAdd/ReadVariableOp',
  gamma: 'ReadVariableOp',
  beta: 'ReadVariableOp_1',
  moving_mean: 'FusedBatchNormV3/ReadVariableOp',
  moving_variance: 'FusedBatchNormV3/ReadVariableOp_1',
};

/**
 * Our own names, which are those of Keras; a model in a model has its name before them. Layers that Keras numbers by
 * itself, as those of InceptionV3, are told by their order: where a session counts from depends on what it built
 * before, and the published file counts from `conv2d_1`.
 */
export function kerasNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  const counted = countedLayers(network, tensors);
  return byEnding(network, tensors, {
    naming: 'Keras',
    nameOf: (name) => {
      const [layer = '', variable = ''] = name.split('/');
      return `${counted.get(layer) ?? layer}/${variable}`;
    },
  });
}

/** Names of the nodes of a TensorFlow graph, as in a graph model from a converter for TensorFlow.js before 1.3. */
export function graphNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  return byEnding(network, tensors, {
    naming: 'TensorFlow graph',
    nameOf: (name) => {
      const [layer = '', variable = ''] = name.split('/');
      return `${layer}/${tensorflowOps[variable] ?? variable}`;
    },
  });
}

/** Names of Keras' ResNet50 before release 2.2.4: `res2a_branch2a`, `bn2a_branch2a`. */
export function olderKerasNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  return byEnding(network, tensors, {
    naming: 'Keras before 2.2.4',
    nameOf: olderName,
    differences: olderDifferences,
  });
}

/**
 * Files of Keras 3 that number the layers of each class instead of naming them: `layers/conv2d_12/vars/0`. The order
 * of the layers says which is which.
 *
 * @throws RangeError when the file has another number of convolutions or batch norms than the network
 */
export function numberedNames(network: Network, tensors: StoredTensors): Renamed | undefined {
  const folder = folderOfLayers(tensors);
  if (folder === undefined) return undefined;
  const renamed = new Map<string, StoredTensor>();
  const originals = new Map<string, string>();
  for (const [kind, className] of Object.entries(classes)) {
    const layers = kerasLayerOrder(network).filter((layer) => layer.kind === kind);
    const found = countLayers(tensors, folder, className);
    if (found !== layers.length) {
      throw new RangeError(
        `expected ${layers.length} layers ${className} of ${network.name}, found ${found}`,
      );
    }
    layers.forEach((layer, i) => {
      const group = `${folder}${className}${i === 0 ? '' : `_${i}`}`;
      const specs = network.weights.filter(({ name }) => name.startsWith(`${layer.name}/`));
      specs.forEach(({ name }, variable) => {
        const original = `${group}/vars/${variable}`;
        const tensor = tensors.get(original);
        if (tensor) renamed.set(name, tensor);
        originals.set(name, original);
      });
    });
  }
  return { naming: 'Keras, layers by number', tensors: renamed, originals, differences: [] };
}

/** Each tensor of the base by a name that ends in ours or a translation of it; undefined when there is none. */
function byEnding(
  network: Network,
  tensors: StoredTensors,
  how: { naming: string; nameOf: (name: string) => string | undefined; differences?: readonly Difference[] },
): Renamed | undefined {
  const byEnd = new Map<string, string>();
  // The shortest first: `bn/gamma` is the end of `conv1/bn/gamma` only where it is no name itself.
  for (const name of [...tensors.keys()].sort((a, b) => depthOf(a) - depthOf(b))) {
    for (const end of endsOf(name)) if (!byEnd.has(end)) byEnd.set(end, name);
  }
  const renamed = new Map<string, StoredTensor>();
  const originals = new Map<string, string>();
  for (const { name, part } of network.weights) {
    const wanted = part === 'base' ? how.nameOf(name) : undefined;
    const original = wanted === undefined ? undefined : byEnd.get(wanted);
    const tensor = original === undefined ? undefined : tensors.get(original);
    if (tensor) renamed.set(name, tensor);
    if (wanted !== undefined && (original ?? wanted) !== name) originals.set(name, original ?? wanted);
  }
  if (renamed.size === 0) return undefined;
  return { naming: how.naming, tensors: renamed, originals, differences: how.differences ?? [] };
}

/** What a name ends in, also as `conv1_conv/kernel` for DenseNet's `conv1/conv/kernel` of Keras 2. */
function endsOf(name: string): string[] {
  const parts = name.split('/');
  const [layer = '', inner = '', variable = ''] = parts.slice(-3);
  return [...parts.map((_, i) => parts.slice(i).join('/')), `${layer}_${inner}/${variable}`];
}

const depthOf = (name: string) => name.split('/').length;

/** Names in the file of the layers that Keras numbers by itself, by ours, class by class where as many are there. */
function countedLayers({ weights }: Network, tensors: StoredTensors): Map<string, string> {
  const own = weights.map(({ name }) => name.split('/')[0] ?? '');
  const theirs = [...tensors.keys()].map((name) => name.split('/').at(-2) ?? '');
  const pairs = Object.values(classes).flatMap((className): [string, string][] => {
    const [ours, found] = [countedNames(own, className), countedNames(theirs, className)];
    return ours.length === found.length ? ours.map((name, i) => [name, found[i] ?? name]) : [];
  });
  return new Map(pairs);
}

/** `conv2d`, `conv2d_1`, `conv2d_2`, each once and in the order of their numbers. */
function countedNames(names: readonly string[], className: string): string[] {
  const pattern = new RegExp(`^${className}(?:_(\\d+))?$`);
  const numbers = [...new Set(names)].flatMap((name): [string, number][] => {
    const match = pattern.exec(name);
    return match ? [[name, Number(match[1] ?? 0)]] : [];
  });
  return numbers.sort(([, a], [, b]) => a - b).map(([name]) => name);
}

function olderName(name: string): string | undefined {
  const [layer = '', variable = ''] = name.split('/');
  if (layer === 'conv1_conv') return `conv1/${variable}`;
  if (layer === 'conv1_bn') return `bn_conv1/${variable}`;
  const [, group, block, part, kind] = /^conv(\d+)_block(\d+)_([0-3])_(conv|bn)$/.exec(layer) ?? [];
  if (group === undefined || block === undefined || part === undefined) return undefined;
  const letter = String.fromCharCode('a'.charCodeAt(0) + Number(block) - 1);
  const branch = part === '0' ? 'branch1' : `branch2${'abc'[Number(part) - 1] ?? ''}`;
  return `${kind === 'conv' ? 'res' : 'bn'}${group}${letter}_${branch}/${variable}`;
}

/** The folder with most convolutions: a model may lie in a model. */
function folderOfLayers(tensors: StoredTensors): string | undefined {
  const counts = new Map<string, number>();
  for (const name of tensors.keys()) {
    const folder = /^(.*layers\/)conv2d(?:_\d+)?\/vars\/0$/.exec(name)?.[1];
    if (folder !== undefined) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function countLayers(tensors: StoredTensors, folder: string, className: string): number {
  const pattern = new RegExp(`^${className}(_\\d+)?/vars/0$`);
  return [...tensors.keys()].filter(
    (name) => name.startsWith(folder) && pattern.test(name.slice(folder.length)),
  ).length;
}
