import type { BatchNormLayer } from '../../../network.js';
import { sizeOf } from '../../../size-of.js';
import { only } from '../../only.js';
import type { Tensor } from '../device.js';
import { using, type Rule, type Surroundings } from './rule.js';

/**
 * Batch norm by TensorFlow's fused kernels. They tell the unbiased variance of a batch; what is observed is the biased
 * one, as Keras 3 takes it up.
 */
export const batchNorm: Rule<BatchNormLayer> = {
  infer(run, layer, inputs) {
    const others = ['beta', 'moving_mean', 'moving_variance'].map((variable) =>
      run.weight(`${layer.name}/${variable}`),
    );
    const variables = [gammaOf(run, layer), ...others];
    const outputs = using(variables, () => fused(run, layer, [only(inputs), ...variables], false));
    const [output, ...rest] = outputs as [Tensor, ...Tensor[]];
    for (const each of rest) each.release();
    return output;
  },

  train(run, layer, inputs) {
    const { device } = run;
    const { name } = layer;
    const input = only(inputs);
    const none = () => device.floats(new Float32Array(0), [0]);
    const [gamma, beta, noMean, noVariance] = [
      gammaOf(run, layer),
      run.weight(`${name}/beta`),
      none(),
      none(),
    ];
    const operands = [input, gamma, beta, noMean, noVariance];
    const made = using(operands.slice(1), () => fused(run, layer, operands, true));
    const [output, mean, unbiased, ...reserved] = made as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    run.observe(name, { mean, variance: biased(run, unbiased, input) });
    return {
      output,
      keeps: [input.keep(), ...reserved],
      back(gradient, [wanted]) {
        const scale = gammaOf(run, layer);
        const slopes = using([scale], () =>
          device.ops(
            'FusedBatchNormGradV3',
            [gradient, input, scale, ...reserved],
            attributesOf(layer, true),
            5,
          ),
        );
        const [slope, gammaSlope, betaSlope, ...rest] = slopes as [Tensor, Tensor, Tensor, ...Tensor[]];
        if (layer.scale) run.learn(`${name}/gamma`, gammaSlope);
        else gammaSlope.release();
        run.learn(`${name}/beta`, betaSlope);
        for (const each of rest) each.release();
        if (wanted) return [slope];
        slope.release();
        return [undefined];
      },
    };
  },
};

function gammaOf({ device, weight }: Surroundings, { name, scale, output }: BatchNormLayer): Tensor {
  if (scale) return weight(`${name}/gamma`);
  return device.floats(new Float32Array(output.channels).fill(1), [output.channels]);
}

/** @returns the output, mean and unbiased variance of the batch, and three tensors for the way back */
function fused(
  { device }: Surroundings,
  layer: BatchNormLayer,
  operands: readonly Tensor[],
  training: boolean,
): Tensor[] {
  return device.ops('FusedBatchNormV3', operands, attributesOf(layer, training), 6);
}

function attributesOf({ epsilon }: BatchNormLayer, training: boolean) {
  return {
    T: { type: 'float' },
    U: { type: 'float' },
    epsilon: { float: epsilon },
    is_training: { bool: training },
  } as const;
}

function biased({ device }: Surroundings, unbiased: Tensor, { shape }: Tensor): Tensor {
  const points = sizeOf(shape.slice(0, -1));
  const factor = device.scalar(Math.max(points - 1, 1) / points);
  return using([unbiased, factor], () => device.op('Mul', [unbiased, factor]));
}
