import type { Layer } from '../../../network.js';
import type { Device, Tensor } from '../device.js';

/** What a layer is run with. Tensors are n × height × width × channels, but for logits and probabilities, n × units. */
export interface Surroundings {
  device: Device;
  /** A weight of the network. The caller lets go of it. */
  weight: (name: string) => Tensor;
  /** Whether a convolution leaves its bias out, because a batch norm takes it away again. */
  isBiasless: (layer: string) => boolean;
}

export interface Training extends Surroundings {
  /** What dropout multiplies by in this step, images × 1 × 1 × channels. */
  mask: (layer: string) => Tensor;
  /** Takes the gradient of a weight, and the tensor with it. */
  learn: (weight: string, gradient: Tensor) => void;
  /** Takes what a batch norm saw, mean and biased variance of each channel, and the tensors with it. */
  observe: (layer: string, seen: { mean: Tensor; variance: Tensor }) => void;
}

/** A step forward, and how to run back along it. */
export interface Step {
  output: Tensor;
  /** Tensors that `back` reads. The caller lets go of them after it, or without it. */
  keeps: readonly Tensor[];
  /**
   * Called once or never.
   *
   * @param gradient of the output
   * @param wanted for each input, whether its gradient is
   * @returns the gradients of the inputs that were wanted
   */
  back(gradient: Tensor, wanted: readonly boolean[]): (Tensor | undefined)[];
}

/** What this engine must know of a kind of layer. */
export interface Rule<L extends Layer> {
  infer(run: Surroundings, layer: L, inputs: readonly Tensor[]): Tensor;
  train(run: Training, layer: L, inputs: readonly Tensor[]): Step;
}

/** Lets go of tensors once something has been made of them. */
export function using<T>(tensors: readonly Tensor[], make: () => T): T {
  try {
    return make();
  } finally {
    for (const tensor of tensors) tensor.release();
  }
}
