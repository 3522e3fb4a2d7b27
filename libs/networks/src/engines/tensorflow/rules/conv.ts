import type { ConvLayer } from '../../../network.js';
import type { Attributes, Tensor } from '../device.js';
import { only } from '../../only.js';
import { using, type Rule, type Surroundings } from './rule.js';

/** Convolution by TensorFlow's own kernels, with the zeros around the image written out. */
export const conv: Rule<ConvLayer> = {
  infer: (run, layer, inputs) => forward(run, layer, only(inputs)),

  train(run, layer, inputs) {
    const { device } = run;
    const { name } = layer;
    const input = only(inputs);
    return {
      output: forward(run, layer, input),
      keeps: [input.keep()],
      back(gradient, [wanted]) {
        const attributes = attributesOf(layer);
        const kernel = run.weight(`${name}/kernel`);
        const [kernelShape, inputShape] = [device.integers(kernel.shape), device.integers(input.shape)];
        return using([kernel, kernelShape, inputShape], () => {
          run.learn(
            `${name}/kernel`,
            device.op('Conv2DBackpropFilter', [input, kernelShape, gradient], attributes),
          );
          if (hasBias(run, layer)) run.learn(`${name}/bias`, device.op('BiasAddGrad', [gradient]));
          if (!wanted) return [undefined];
          return [device.op('Conv2DBackpropInput', [inputShape, kernel, gradient], attributes)];
        });
      },
    };
  },
};

function forward(run: Surroundings, layer: ConvLayer, input: Tensor): Tensor {
  const { device } = run;
  const kernel = run.weight(`${layer.name}/kernel`);
  const output = using([kernel], () => device.op('Conv2D', [input, kernel], attributesOf(layer)));
  if (!hasBias(run, layer)) return output;
  const bias = run.weight(`${layer.name}/bias`);
  return using([output, bias], () => device.op('BiasAdd', [output, bias]));
}

const hasBias = (run: Surroundings, { name, bias }: ConvLayer) => bias && !run.isBiasless(name);

function attributesOf({ stride, padding: { top, bottom, left, right } }: ConvLayer): Attributes {
  const sides = [0, 0, top, bottom, left, right, 0, 0];
  const padded = sides.some((zeros) => zeros > 0);
  return {
    strides: { int: [1, stride, stride, 1] },
    padding: { string: padded ? 'EXPLICIT' : 'VALID' },
    explicit_paddings: { int: padded ? sides : [] },
  };
}
