import type { MaxPoolLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Attributes, Device, Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

/** The zeros on the sides take part in the maximum, as in Keras' networks, so they are put there first. */
export const maxPool: Rule<MaxPoolLayer> = {
  infer({ device }, layer, inputs) {
    const padded = pad(device, only(inputs), layer);
    return using([padded], () => device.op('MaxPool', [padded], attributesOf(layer)));
  },

  train({ device }, layer, inputs) {
    const input = only(inputs);
    const padded = pad(device, input, layer);
    const output = using([padded], () => device.op('MaxPool', [padded], attributesOf(layer)));
    return {
      output,
      keeps: [input.keep(), output.keep()],
      back(gradient, [wanted]) {
        if (!wanted) return [undefined];
        const again = pad(device, input, layer);
        const slope = using([again], () =>
          device.op('MaxPoolGrad', [again, output, gradient], attributesOf(layer)),
        );
        return [cut(device, slope, { shape: input.shape, layer })];
      },
    };
  },
};

const attributesOf = ({ kernel: [height, width], stride }: MaxPoolLayer): Attributes => ({
  ksize: { int: [1, height, width, 1] },
  strides: { int: [1, stride, stride, 1] },
  padding: { string: 'VALID' },
});

const sidesOf = ({ padding: { top, bottom, left, right } }: MaxPoolLayer) => [
  0,
  0,
  top,
  bottom,
  left,
  right,
  0,
  0,
];

function pad(device: Device, input: Tensor, layer: MaxPoolLayer): Tensor {
  const zeros = sidesOf(layer);
  if (zeros.every((side) => side === 0)) return input.keep();
  const sides = device.integers(zeros, [4, 2]);
  return using([sides], () => device.op('Pad', [input, sides], { Tpaddings: { type: 'int32' } }));
}

/** Takes the sides away that `pad` put there, and the tensor with them. */
function cut(
  device: Device,
  padded: Tensor,
  { shape, layer }: { shape: readonly number[]; layer: MaxPoolLayer },
): Tensor {
  if (sidesOf(layer).every((side) => side === 0)) return padded;
  const { top, left } = layer.padding;
  const [begin, size] = [device.integers([0, top, left, 0]), device.integers(shape)];
  return using([padded, begin, size], () =>
    device.op('Slice', [padded, begin, size], { Index: { type: 'int32' } }),
  );
}
