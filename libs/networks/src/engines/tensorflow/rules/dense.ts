import type { DenseLayer } from '../../../network.js';
import { only } from '../../only.js';
import type { Device, Tensor } from '../device.js';
import { using, type Rule, type Surroundings } from './rule.js';

/** In training it puts out logits: the loss works on those. */
export const dense: Rule<DenseLayer> = {
  infer(run, layer, inputs) {
    const logits = forward(run, layer, only(inputs));
    const operation = layer.activation === 'sigmoid' ? 'Sigmoid' : 'Softmax';
    return using([logits], () => run.device.op(operation, [logits]));
  },

  train(run, layer, inputs) {
    const { device } = run;
    const { name } = layer;
    const input = only(inputs);
    return {
      output: forward(run, layer, input),
      keeps: [input.keep()],
      back(gradient, [wanted]) {
        const first = { transpose_a: { bool: true }, transpose_b: { bool: false } };
        const features = reshaped(device, input, [input.shape[0] ?? 0, -1]);
        const slope = using([features], () => device.op('MatMul', [features, gradient], first));
        run.learn(`${name}/kernel`, slope);
        run.learn(`${name}/bias`, device.op('BiasAddGrad', [gradient]));
        if (!wanted) return [undefined];
        const kernel = run.weight(`${name}/kernel`);
        const second = { transpose_a: { bool: false }, transpose_b: { bool: true } };
        const slopes = using([kernel], () => device.op('MatMul', [gradient, kernel], second));
        return [using([slopes], () => reshaped(device, slopes, input.shape))];
      },
    };
  },
};

function forward(run: Surroundings, { name }: DenseLayer, input: Tensor): Tensor {
  const { device } = run;
  const [kernel, bias] = [run.weight(`${name}/kernel`), run.weight(`${name}/bias`)];
  const features = reshaped(device, input, [input.shape[0] ?? 0, -1]);
  const product = using([kernel, features], () => device.op('MatMul', [features, kernel]));
  return using([product, bias], () => device.op('BiasAdd', [product, bias]));
}

function reshaped(device: Device, values: Tensor, to: readonly number[]): Tensor {
  const shape = device.integers(to);
  return using([shape], () => device.op('Reshape', [values, shape], { Tshape: { type: 'int32' } }));
}
