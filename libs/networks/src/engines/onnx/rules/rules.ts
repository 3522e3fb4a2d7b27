import type { Layer } from '../../../network.js';
import type { InferenceGraph } from '../inference-graph.js';
import type { Tape, Value } from '../tape.js';
import { add } from './add.js';
import { averagePool } from './average-pool.js';
import { batchNorm } from './batch-norm.js';
import { concat } from './concat.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { globalAveragePool } from './global-average-pool.js';
import { maxPool } from './max-pool.js';
import { relu } from './relu.js';
import type { Rule } from './rule.js';

type Kind = Layer['kind'];
type LayerOf<K extends Kind> = Extract<Layer, { kind: K }>;

/** One rule for each kind of layer. */
const rules: { [K in Kind]: Rule<LayerOf<K>> } = {
  add,
  'average-pool': averagePool,
  'batch-norm': batchNorm,
  concat,
  conv,
  dense,
  dropout,
  'global-average-pool': globalAveragePool,
  'max-pool': maxPool,
  relu,
};

/** Writes one layer of constant weights into a graph. */
export function inferLayer<K extends Kind>(
  net: InferenceGraph,
  layer: LayerOf<K>,
  inputs: readonly string[],
): string {
  return rules[layer.kind].infer(net, layer, inputs);
}

/** Writes one layer that learns onto a tape. */
export function trainLayer<K extends Kind>(tape: Tape, layer: LayerOf<K>, inputs: readonly Value[]): Value {
  return rules[layer.kind].train(tape, layer, inputs);
}
