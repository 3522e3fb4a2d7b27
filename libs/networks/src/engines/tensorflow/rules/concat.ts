import type { PlainLayer } from '../../../network.js';
import type { Device, Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

const channelAxis = 3;

/** Channels one after the other. */
export const concat: Rule<PlainLayer<'concat'>> = {
  infer: ({ device }, _layer, inputs) => joined(device, inputs),

  train: ({ device }, _layer, inputs) => ({
    output: joined(device, inputs),
    keeps: [],
    back(gradient, wanted) {
      const pieces = cut(
        device,
        gradient,
        inputs.map(({ shape }) => shape[channelAxis] ?? 0),
      );
      return pieces.map((piece, i) => {
        if (wanted[i]) return piece;
        piece.release();
        return undefined;
      });
    },
  }),
};

function joined(device: Device, inputs: readonly Tensor[]): Tensor {
  const axis = device.integers([channelAxis], []);
  const attributes = { N: { int: inputs.length }, Tidx: { type: 'int32' } } as const;
  return using([axis], () => device.op('ConcatV2', [...inputs, axis], attributes));
}

function cut(device: Device, values: Tensor, lengths: readonly number[]): Tensor[] {
  const [sizes, axis] = [device.integers(lengths), device.integers([channelAxis], [])];
  const attributes = {
    T: { type: 'float' },
    Tlen: { type: 'int32' },
    num_split: { int: lengths.length },
  } as const;
  return using([sizes, axis], () => device.ops('SplitV', [values, sizes, axis], attributes, lengths.length));
}
