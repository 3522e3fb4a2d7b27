import type { Network, Weights } from './network.js';

interface OptimiserBase {
  /** Of every step that is not given another. */
  learningRate: number;
  /**
   * Decoupled from the gradient, as Keras 3 does it for every optimiser: a step first takes learningRate · weightDecay of
   * a weight away from it. Kernels of convolutions and dense layers decay; biases, γ, β and moving statistics do not.
   * Default 0. Adam with it is AdamW.
   *
   * Reference: Loshchilov and Hutter 2019, ICLR.
   */
  weightDecay?: number;
}

/** Adam, as in Keras: ε is added to the root of the *uncorrected* second moment (Kingma and Ba's ε hat). */
export interface Adam extends OptimiserBase {
  kind?: 'adam';
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * Gradient descent, as in Keras: v ← momentum · v − learningRate · g, then w ← w + v, or with Nesterov's momentum
 * w ← w + momentum · v − learningRate · g. The velocity holds the learning rates of the steps that made it.
 */
export interface Sgd extends OptimiserBase {
  kind: 'sgd';
  /** In [0, 1). 0 remembers nothing. */
  momentum: number;
  /** Needs a momentum. */
  nesterov: boolean;
}

export type Optimiser = Adam | Sgd;

/** What is averaged over the images of a batch, beside the plain cross-entropy −log p of an image's own class. */
export interface LossOptions {
  /** An image counts as often as its class says: one weight ≥ 0 a class, as `class_weight` in Keras. Default 1 each. */
  classWeights?: readonly number[];
  /**
   * γ ≥ 0 of the focal loss −(1 − p)ᵞ log p, which turns to the images that are still got wrong. 0 is the plain loss.
   *
   * Reference: Lin, Goyal, Girshick, He and Dollár 2017, ICCV.
   */
  focalGamma?: number;
}

/** What a training remembers beside the weights. */
export interface OptimiserState {
  /** Steps done. */
  steps: number;
  /**
   * Whether the moments of Adam are decaying sums (m ← β m + g) or means (m ← β m + (1 − β) g). An engine takes either and gives
   * what it computes with; only what it gave itself goes on byte for byte.
   */
  averaging: 'sum' | 'mean';
  /**
   * Tensors for each trained weight. Adam: `m/<weight>` of the gradients and `v/<weight>` of their squares. SGD with
   * momentum: `m/<weight>`, the velocity, which is neither sum nor mean and the same in every engine. Without: none.
   */
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
  optimiser: Optimiser;
  /**
   * What learns. The rest is frozen: its batch norms in inference mode, and no gradient is made for it. `head` leaves
   * what follows the global average pool; `frozenStages: k` freezes a network up to the k-th of its stages, from 1;
   * `topLayers: n` leaves the last n convolutions, batch norms and dense layers, in the order in which Keras lists them.
   */
  trainable: 'all' | 'head' | { frozenStages: number } | { topLayers: number };
  /** Default: the plain cross-entropy. */
  loss?: LossOptions;
  /** Whether steps may come in parts, which takes memory for one more gradient. Default false. */
  accumulates?: boolean;
  /** Seed of dropout. The mask of a step depends on the seed, the number of the step and the images in it. */
  seed: number;
  /** Goes on from here instead of from moments of zero. */
  state?: OptimiserState;
  /** Less memory for a few per cent of speed. Never changes a result. Default false. */
  lowMemory?: boolean;
}

export interface StepOptions {
  learningRate?: number;
  /** Says that these images are not all of the step; the trainer must have been made with `accumulates`. */
  part?: StepPart;
}

/**
 * The gradient of a step in parts is the sum of theirs, each times its share. It is that of one large batch but for
 * batch norms: each part is normalised by its own statistics, and moves the moving ones.
 */
export interface StepPart {
  /** Of the images of the step, in (0, 1]; those of all its parts add up to 1. */
  share: number;
  /** Whether the weights move now. */
  last: boolean;
}

/** What a step showed. */
export interface StepFound {
  /** Mean over the images, before the step, in nats. */
  loss: number;
  /**
   * √(Σ g²) over the trained tensors of each stage, of the gradient that moved the weights; no stage that is frozen.
   * Named as in `Network.stages`, and `head` for what follows the last. None after a part that moved nothing.
   */
  gradientNorms?: ReadonlyMap<string, number>;
}

/** A network that learns. One call at a time: await a step before the next. */
export interface Trainer {
  /**
   * One step of the optimiser on the mean loss of some images. Batches may differ in size.
   *
   * @param images n × height × width × 3
   * @param labels class numbers, n
   * @param how.learningRate of this step; else that of the optimiser. Only that of the last part counts
   * @throws RangeError when images and labels do not fit the network or each other, or rate or part are out of range
   */
  step(images: Float32Array, labels: ArrayLike<number>, how?: StepOptions): Promise<StepFound>;
  /**
   * A copy of everything the next step depends on. A trainer made from it goes on byte for byte.
   *
   * @throws RangeError between the parts of a step
   */
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
  /**
   * @param images n × height × width × 3
   * @param how.taps whether their activations are wanted too, as they are when left out
   * @throws RangeError when the images do not fit the network
   */
  run(images: Float32Array, how?: { taps?: boolean }): Promise<Inference>;
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
