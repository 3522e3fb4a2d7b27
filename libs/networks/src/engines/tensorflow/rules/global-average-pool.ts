import type { PlainLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Device, Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

export const globalAveragePool: Rule<PlainLayer<'global-average-pool'>> = {
  infer: ({ device }, _layer, inputs) => mean(device, only(inputs)),

  train({ device }, _layer, inputs) {
    const { shape } = only(inputs);
    return {
      output: mean(device, only(inputs)),
      keeps: [],
      back: (gradient, [wanted]) => [wanted ? spread(device, gradient, shape) : undefined],
    };
  },
};

function mean(device: Device, input: Tensor): Tensor {
  const axes = device.integers([1, 2]);
  return using([axes], () =>
    device.op('Mean', [input, axes], { Tidx: { type: 'int32' }, keep_dims: { bool: true } }),
  );
}

/** Gives every point of an image its share. */
function spread(device: Device, gradient: Tensor, shape: readonly number[]): Tensor {
  const [, height = 1, width = 1] = shape;
  const [share, all] = [device.scalar(1 / (height * width)), device.integers(shape)];
  return using([share, all], () => {
    const shared = device.op('Mul', [gradient, share]);
    return using([shared], () => device.op('BroadcastTo', [shared, all], { Tidx: { type: 'int32' } }));
  });
}
