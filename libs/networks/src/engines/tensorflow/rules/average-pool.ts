import type { AveragePoolLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Attributes, Device, Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

/** TensorFlow counts the points of the image alone where it pads by itself, so the padding must be its own, `SAME`. */
export const averagePool: Rule<AveragePoolLayer> = {
  infer: ({ device }, layer, inputs) => mean(device, layer, only(inputs)),

  train({ device }, layer, inputs) {
    const input = only(inputs);
    return {
      output: mean(device, layer, input),
      keeps: [],
      back(gradient, [wanted]) {
        if (!wanted) return [undefined];
        const shape = device.integers(input.shape);
        return [
          using([shape], () => device.op('AvgPoolGrad', [shape, gradient], attributesOf(layer, input))),
        ];
      },
    };
  },
};

const mean = (device: Device, layer: AveragePoolLayer, input: Tensor) =>
  device.op('AvgPool', [input], attributesOf(layer, input));

function attributesOf(layer: AveragePoolLayer, { shape }: Tensor): Attributes {
  const { kernel, stride, padding, output } = layer;
  const sums = [padding.top + padding.bottom, padding.left + padding.right];
  const none = sums.every((sum) => sum === 0);
  const same = [output.height, output.width].every((length, i) => {
    const [from = 0, size = 1] = [shape[i + 1], kernel[i]];
    return (
      length === Math.ceil(from / stride) && sums[i] === Math.max((length - 1) * stride + size - from, 0)
    );
  });
  if (!none && !same)
    throw new RangeError(
      `layer ${layer.name}: expected padding as TensorFlow's SAME, found ${sums.join(' and ')}`,
    );
  return {
    ksize: { int: [1, ...kernel, 1] },
    strides: { int: [1, stride, stride, 1] },
    padding: { string: none ? 'VALID' : 'SAME' },
  };
}
