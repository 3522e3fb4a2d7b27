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

/** Rows and columns around an image that are not its own. */
export interface Padding {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** What slides over an image: as many points at once, so far from one place to the next, from where to where. */
export interface Window {
  kernel: readonly [height: number, width: number];
  /** Of rows and of columns. */
  stride: number;
  padding: Padding;
}

/** Convolution with zeros around the image. */
export interface ConvLayer extends LayerBase, Window {
  kind: 'conv';
  bias: boolean;
}

export interface BatchNormLayer extends LayerBase {
  kind: 'batch-norm';
  /** Whether it has a γ to multiply by; without, Keras' `scale=False`, γ is 1. */
  scale: boolean;
  /** Added to the variance. */
  epsilon: number;
  /** Share of the moving statistics that survives a step. */
  momentum: number;
}

/** Maximum under a window; the zeros around the image take part in it, as in Keras' ResNet. */
export interface MaxPoolLayer extends LayerBase, Window {
  kind: 'max-pool';
}

/** Mean of the points of the image that lie under a window; what is around the image is not counted. */
export interface AveragePoolLayer extends LayerBase, Window {
  kind: 'average-pool';
}

/** Sum of two inputs of one shape, the second times `scale`. */
export interface AddLayer extends LayerBase {
  kind: 'add';
  scale: number;
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

/** A layer without attributes. `concat` puts the channels of inputs of one height and width one after the other. */
export interface PlainLayer<K extends 'relu' | 'concat' | 'global-average-pool'> extends LayerBase {
  kind: K;
}

export type Layer =
  | ConvLayer
  | BatchNormLayer
  | MaxPoolLayer
  | AveragePoolLayer
  | AddLayer
  | DropoutLayer
  | DenseLayer
  | PlainLayer<'relu'>
  | PlainLayer<'concat'>
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
  name: string;
  /** Images are height × width × 3, RGB or BGR as their preprocessing says. */
  input: Shape;
  /** Topological order; the last one is the dense layer that gives the probabilities. */
  layers: readonly Layer[];
  weights: readonly WeightSpec[];
  /** The five layers that an analysis looks at, first to last: what was made of the image at each of its resolutions. */
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
