import type { Network } from '../network.js';

/** A tensor as a file of weights has it, row-major. */
export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array;
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** How a network computes otherwise than the one whose weights it gets. */
export interface Difference {
  /** One sentence: what theirs does, what ours does. */
  text: string;
  /** Whether the same weights compute something noticeably else. */
  matters: boolean;
}

/** Tensors of a file under the names that a network has for them. */
export interface Renamed {
  /** Whose names the file uses, in words. */
  naming: string;
  tensors: StoredTensors;
  /** The name in the file, by ours, where they differ. */
  originals: ReadonlyMap<string, string>;
  differences: readonly Difference[];
}

/** Recognises names and brings them into ours; undefined when the file uses others. */
export type Naming = (network: Network, tensors: StoredTensors) => Renamed | undefined;
