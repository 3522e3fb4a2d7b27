import type { Network, Weights } from './network.js';

/** Adam, as in Keras: ε is added to the root of the *uncorrected* second moment (Kingma and Ba's ε hat). */
export interface Adam {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** What a training remembers beside the weights. */
export interface OptimiserState {
  /** Steps done. */
  steps: number;
  /**
   * Whether moments are decaying sums (m ← β m + g) or means (m ← β m + (1 − β) g). An engine takes either and gives
   * what it computes with; only what it gave itself goes on byte for byte.
   */
  averaging: 'sum' | 'mean';
  /** Two tensors for each trained weight, `m/<weight>` of the gradients and `v/<weight>` of their squares. */
  moments: Weights;
}

export interface TrainerState {
  /** Every weight of the network, the trained and the untouched. */
  weights: Weights;
  optimiser: OptimiserState;
}

export interface SessionOptions {
  /** Threads of one operator. Never changes a result. Default 1. */
  threads?: number;
}

export interface TrainOptions extends SessionOptions {
  optimiser: Adam;
  /** `head`: the base is frozen, its batch norms in inference mode, and no gradient is made for it. */
  trainable: 'all' | 'head';
  /** Seed of dropout. The mask of a step depends on the seed, the number of the step and the images in it. */
  seed: number;
  /** Goes on from here instead of from moments of zero. */
  state?: OptimiserState;
  /** Less memory for a few per cent of speed. Never changes a result. Default false. */
  lowMemory?: boolean;
}

/** A network that learns. One call at a time: await a step before the next. */
export interface Trainer {
  /**
   * One step of Adam on the mean cross-entropy of some images. Batches may differ in size.
   *
   * @param images n × height × width × 3
   * @param labels class numbers, n
   * @returns mean loss of the images before the step, in nats
   * @throws RangeError when images and labels do not fit the network or each other
   */
  step(images: Float32Array, labels: ArrayLike<number>): Promise<{ loss: number }>;
  /** A copy of everything the next step depends on. A trainer made from it goes on byte for byte. */
  state(): TrainerState;
  dispose(): Promise<void>;
}

export interface InferOptions extends SessionOptions {
  /** Layers whose activations are wanted, by name. */
  taps?: readonly string[];
}

/** What a layer put out: n × height × width × channels, row-major. */
export interface Tap {
  shape: readonly [images: number, height: number, width: number, channels: number];
  data: Float32Array;
}

export interface Inference {
  /** n × classes, rows sum to 1; of two classes too, where the network itself has one sigmoid. */
  probabilities: Float32Array;
  taps: Map<string, Tap>;
}

/** A network that is only looked at: batch norms use their moving statistics, nothing is dropped. */
export interface Predictor {
  /** @param images n × height × width × 3 @throws RangeError when they do not fit the network */
  run(images: Float32Array): Promise<Inference>;
  dispose(): Promise<void>;
}

/**
 * Trains and runs networks. Arrays in, arrays out.
 *
 * Same weights, images and seed give the same bytes on one machine, whatever the number of threads.
 */
export interface Engine {
  name: string;
  /** What computes, for the provenance of a result. */
  describe(): Promise<{ engine: string; version: string; runtime: string }>;
  /**
   * Prepares the training of a network.
   *
   * @throws RangeError when the weights are not those of the network, or an option is out of range
   */
  train(network: Network, weights: Weights, options: TrainOptions): Promise<Trainer>;
  /** Prepares the running of a network. @throws RangeError as `train`, and when a tap is no layer */
  infer(network: Network, weights: Weights, options?: InferOptions): Promise<Predictor>;
}
