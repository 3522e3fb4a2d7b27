import { requireBaseWeights } from '../base-weights.js';
import type { Network, Weights } from '../network.js';
import { graphNames, kerasNames, numberedNames, olderKerasNames } from './keras-names.js';
import type { Difference, Naming, StoredTensors } from './stored-tensor.js';
import { torchNames } from './torch-names.js';

/** The base of a network out of a file, and what is to be known about where it comes from. */
export interface BaseFromFile {
  weights: Weights;
  /** Whose names the file uses, in words. */
  naming: string;
  differences: readonly Difference[];
  /** Whether the file had the names and the layout of this network, so that its tensors are as they were. */
  unchanged: boolean;
}

const namings: readonly Naming[] = [kerasNames, numberedNames, torchNames, olderKerasNames, graphNames];

/** Networks that are known and cannot be taken, by the end of a name in them. */
const strangers: readonly (readonly [RegExp, string])[] = [
  [
    /\/Conv2D_bn_offset$/,
    'a graph model of TensorFlow.js, whose converter folds batch norms into the convolutions before them, so that ' +
      'neither is there as it was; convert the Keras model to a layers model',
  ],
  [
    /(^|\.)branch7x7dbl_5\.bn\.weight$/,
    'PyTorch’s InceptionV3, another network than that of Keras: its batch norms have a γ, and its average pools count ' +
      'the padding',
  ],
];

/**
 * The weights of a network's base out of the tensors of a file, under whichever names it has them: those of Keras,
 * also where it numbers its layers only or in its releases before 2.2.4, of torchvision's ResNets and DenseNets,
 * or of a TensorFlow graph. Other tensors, such as those of a head, are left alone, but for convolutions that are called
 * as the network's are.
 *
 * @param file what to call the file in an error
 * @throws RangeError when the file uses no such names, is of a network that cannot be taken or of a larger one, or
 *   tensors of the base are missing, misshapen or not finite: each is named, as the network and as the file call it, with
 *   what was expected and found
 */
export function readBase(network: Network, tensors: StoredTensors, file: string): BaseFromFile {
  const names = [...tensors.keys()];
  const stranger = strangers.find(([pattern]) => names.some((name) => pattern.test(name)));
  const renamed = stranger ? undefined : firstOf(network, tensors, file);
  if (!renamed) {
    const found = stranger?.[1] ?? otherNames(names);
    throw new RangeError(
      `${file}: expected the tensors of ${network.name} under the names of Keras or PyTorch, found ${found}`,
    );
  }
  const { naming, originals, differences } = renamed;
  const weights = requireBaseWeights(network, renamed.tensors, file, originals);
  requireNoMore(network, tensors, { file, originals });
  return { weights, naming, differences, unchanged: naming === 'Keras' && originals.size === 0 };
}

function firstOf(network: Network, tensors: StoredTensors, file: string): ReturnType<Naming> {
  for (const naming of namings) {
    try {
      const renamed = naming(network, tensors);
      if (renamed) return renamed;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new RangeError(`${file}: ${cause.message}`, { cause });
    }
  }
  return undefined;
}

/** ResNet101 has all that ResNet50 has, and more: what is left is called as what was taken, but for numbers. */
function requireNoMore(
  { name: network, weights }: Network,
  tensors: StoredTensors,
  { file, originals }: { file: string; originals: ReadonlyMap<string, string> },
): void {
  const kernels = weights.filter(({ part, shape }) => part === 'base' && shape.length === 4);
  const taken = new Set(kernels.map(({ name }) => originals.get(name) ?? name));
  const kinds = new Set([...taken].map(unnumbered));
  const more = [...tensors]
    .filter(([name, { shape }]) => shape.length === 4 && !taken.has(name) && kinds.has(unnumbered(name)))
    .map(([name]) => name);
  if (more.length === 0) return;
  throw new RangeError(
    `${file}: expected the ${taken.size} convolutions of ${network}, found ${more.length} more, such as ${more[0] ?? ''}`,
  );
}

const unnumbered = (name: string) => name.replace(/\d+/g, '#');

function otherNames(names: readonly string[]): string {
  const some = names.slice(0, 3).join(', ');
  return `${names.length} tensors of other names${some && `, such as ${some}`}`;
}
