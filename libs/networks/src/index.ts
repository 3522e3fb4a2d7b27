export type {
  Adam,
  Engine,
  Inference,
  InferOptions,
  LossOptions,
  Optimiser,
  OptimiserState,
  Predictor,
  SessionOptions,
  Sgd,
  StepFound,
  StepOptions,
  StepPart,
  Tap,
  Trainer,
  TrainerState,
  TrainOptions,
} from './engine.js';
export { requireBaseWeights } from './base-weights.js';
export { onnxEngine } from './engines/onnx/onnx-engine.js';
export { writeOnnx } from './engines/onnx/write-onnx.js';
export { divide, layersWithWeights } from './engines/learning.js';
export { openEngine } from './engines/open-engine.js';
export { tensorflowEngine } from './engines/tensorflow/tensorflow-engine.js';
export { dropoutMask } from './dropout-mask.js';
export { initialWeights } from './initialise.js';
export { namedTensors } from './named-tensors.js';
export { buildNetwork, leastImageSize, prototypeNetwork } from './build-network.js';
export type { Architecture } from './build-network.js';
export { NetworkBuilder } from './architectures/network-builder.js';
export type { Layer, Network, NetworkOptions, Shape, Weights, WeightSpec } from './network.js';
export { readBase } from './weights/read-base.js';
export type { BaseFromFile } from './weights/read-base.js';
export { kerasLayerOrder } from './weights/keras-order.js';
export { weightSource, weightSources } from './weights/sources.js';
export type { Difference, StoredTensor, StoredTensors } from './weights/stored-tensor.js';
export type { PublishedHash, WeightSource } from './weights/weight-source.js';
