import type { AddLayer } from '../../../network.js';
import type { Device, Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

/** Of two tensors, the second times a factor. */
export const add: Rule<AddLayer> = {
  infer: ({ device }, layer, inputs) => sum(device, layer, inputs),

  train: ({ device }, layer, inputs) => ({
    output: sum(device, layer, inputs),
    keeps: [],
    back: (gradient, [first, second]) => [
      first ? gradient.keep() : undefined,
      second ? scaled(device, layer, gradient) : undefined,
    ],
  }),
};

function sum(device: Device, layer: AddLayer, [first, second]: readonly Tensor[]): Tensor {
  const term = scaled(device, layer, second as Tensor);
  return using([term], () => device.op('AddV2', [first as Tensor, term]));
}

function scaled(device: Device, { scale }: AddLayer, values: Tensor): Tensor {
  if (scale === 1) return values.keep();
  const factor = device.scalar(scale);
  return using([factor], () => device.op('Mul', [values, factor]));
}
