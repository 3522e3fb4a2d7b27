import type { Layer } from '../../../network.js';
import type { InferenceGraph } from '../inference-graph.js';
import type { Tape, Value } from '../tape.js';

/** What an engine must know of a kind of layer. */
export interface Rule<L extends Layer> {
  /** With weights that are constants. Takes and returns tensors of n × channels × height × width, as ONNX likes them. */
  infer(net: InferenceGraph, layer: L, inputs: readonly string[]): string;
  /** With weights that learn: writes the forward step down and says how to run back along it. */
  train(tape: Tape, layer: L, inputs: readonly Value[]): Value;
}
