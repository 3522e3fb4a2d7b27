import type { PlainLayer } from '../../../network.js';
import type { Device, Tensor } from '../device.js';
import type { Rule } from './rule.js';

export const add: Rule<PlainLayer<'add'>> = {
  infer: ({ device }, _layer, inputs) => sum(device, inputs),

  train: ({ device }, _layer, inputs) => ({
    output: sum(device, inputs),
    keeps: [],
    back: (gradient, wanted) => wanted.map((each) => (each ? gradient.keep() : undefined)),
  }),
};

/** Of two tensors of one shape. */
export function sum(device: Device, terms: readonly Tensor[]): Tensor {
  return device.op('AddV2', terms);
}
