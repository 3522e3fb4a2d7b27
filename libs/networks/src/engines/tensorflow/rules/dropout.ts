import type { DropoutLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Tensor } from '../device.js';
import { using, type Rule } from './rule.js';

export const dropout: Rule<DropoutLayer> = {
  infer: (_run, _layer, inputs) => only(inputs).keep(),

  train({ device, mask }, { name }, inputs) {
    const masked = (values: Tensor) => {
      const factors = mask(name);
      return using([factors], () => device.op('Mul', [values, factors]));
    };
    return {
      output: masked(only(inputs)),
      keeps: [],
      back: (gradient, [wanted]) => [wanted ? masked(gradient) : undefined],
    };
  },
};
