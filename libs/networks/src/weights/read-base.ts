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

/**
 * The weights of a network's base out of the tensors of a file, under whichever names it has them: those of Keras,
 * also where it numbers its layers only or in its releases before 2.2.4, of torchvision's ResNets and
 * DenseNets, or of a TensorFlow graph. Other tensors, such as those of a head, are left alone.
 *
 * @param file what to call the file in an error
 * @throws RangeError when the file uses no such names, or tensors of the base are missing, misshapen or not finite:
 *   each is named, as the network and as the file call it, with what was expected and found
 */
export function readBase(network: Network, tensors: StoredTensors, file: string): BaseFromFile {
  const renamed = firstOf(network, tensors, file);
  if (!renamed) throw unknownNames(network, tensors, file);
  const { naming, originals, differences } = renamed;
  const weights = requireBaseWeights(network, renamed.tensors, file, originals);
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

function unknownNames({ name }: Network, tensors: StoredTensors, file: string): RangeError {
  const some = [...tensors.keys()].slice(0, 3).join(', ');
  const found = `${tensors.size} tensors of other names${some && `, such as ${some}`}`;
  return new RangeError(
    `${file}: expected the tensors of ${name} under the names of Keras or PyTorch, found ${found}`,
  );
}
