export type Architecture = 'resnet50' | 'resnet-mini';

/** What a layer puts out for one image. A vector is 1 × 1 × channels. */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}

interface LayerBase {
  /** As in Keras: `conv2_block1_1_conv`. */
  name: string;
  /** Names of the layers it reads; `images` is the input of the network. */
  inputs: readonly string[];
  output: Shape;
}

/** Convolution with a square kernel, a bias, and zeros around the image (Keras' ZeroPadding2D before it). */
export interface ConvLayer extends LayerBase {
  kind: 'conv';
  kernel: number;
  stride: number;
  /** Rows and columns of zeros on each side. */
  padding: number;
}

export interface BatchNormLayer extends LayerBase {
  kind: 'batch-norm';
  /** Added to the variance. */
  epsilon: number;
  /** Share of the moving statistics that survives a step. */
  momentum: number;
}

export interface MaxPoolLayer extends LayerBase {
  kind: 'max-pool';
  size: number;
  stride: number;
  /** Rows and columns of zeros on each side; they take part in the maximum, as in Keras' ResNet. */
  padding: number;
}

export interface DropoutLayer extends LayerBase {
  kind: 'dropout';
  /** Share of the values that a training step sets to zero; the others are divided by 1 − rate. */
  rate: number;
}

export interface DenseLayer extends LayerBase {
  kind: 'dense';
  activation: 'sigmoid' | 'softmax';
}

/** A layer without attributes. `add` sums two inputs of one shape. */
export interface PlainLayer<K extends 'relu' | 'add' | 'global-average-pool'> extends LayerBase {
  kind: K;
}

export type Layer =
  | ConvLayer
  | BatchNormLayer
  | MaxPoolLayer
  | DropoutLayer
  | DenseLayer
  | PlainLayer<'relu'>
  | PlainLayer<'add'>
  | PlainLayer<'global-average-pool'>;

/** A tensor of a network, named as in Keras. */
export interface WeightSpec {
  /** `layer/variable`: kernel, bias, gamma, beta, moving_mean or moving_variance. */
  name: string;
  /** Convolution kernels are height × width × in × out, dense ones in × out; the others vectors. */
  shape: readonly number[];
  /** False for moving statistics, which no gradient changes. */
  trainable: boolean;
  /** The head is what is trained anew for every task: the dense layer. */
  part: 'base' | 'head';
  init: 'glorot-uniform' | 'zeros' | 'ones';
}

/** Tensors by Keras name, row-major. */
export type Weights = Map<string, Float32Array>;

/** A network as data: what there is, in the order in which it can be computed. No engine, no numbers. */
export interface Network {
  name: Architecture | (string & {});
  /** Images are height × width × 3, RGB or BGR as their preprocessing says. */
  input: Shape;
  /** Topological order; the last one is the dense layer that gives the probabilities. */
  layers: readonly Layer[];
  weights: readonly WeightSpec[];
  /** The five layers that an analysis looks at, first to last. */
  stages: readonly string[];
}

export interface NetworkOptions {
  /** Side of the square images in pixels. */
  imageSize: number;
  /** Two classes share one sigmoid; more get a softmax. */
  classes: number;
  /** Share of pooled features that a training step drops before the dense layer. 0 for none. */
  dropout: number;
}
