import type { PlainLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Rule } from './rule.js';

export const relu: Rule<PlainLayer<'relu'>> = {
  infer: ({ device }, _layer, inputs) => device.op('Relu', [only(inputs)]),

  train({ device }, _layer, inputs) {
    const output = device.op('Relu', [only(inputs)]);
    const back = (gradient: typeof output) => [device.op('ReluGrad', [gradient, output])];
    return { output, keeps: [output.keep()], back };
  },
};
