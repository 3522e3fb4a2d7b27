import type { Layer } from '../../../network.js';
import type { Tensor } from '../device.js';
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
import type { Rule, Step, Surroundings, Training } from './rule.js';

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

/** Runs a layer that does not learn. */
export function inferLayer<K extends Kind>(
  run: Surroundings,
  layer: LayerOf<K>,
  inputs: readonly Tensor[],
): Tensor {
  return rules[layer.kind].infer(run, layer, inputs);
}

/** Runs a layer that learns. */
export function trainLayer<K extends Kind>(
  run: Training,
  layer: LayerOf<K>,
  inputs: readonly Tensor[],
): Step {
  return rules[layer.kind].train(run, layer, inputs);
}
