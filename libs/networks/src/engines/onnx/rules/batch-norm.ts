import type { BatchNormLayer } from '../../../network.js';
import { only } from '../../only.js';
import { columnSums, WideRows } from '../columns.js';
import { normalScale } from './normal-scale.js';
import { isCheap, normaliseProduct } from './normalised-product.js';
import type { Rule } from './rule.js';

/**
 * Batch norm over all points of all images.
 *
 * The moving variance takes up the biased batch variance (divided by the number of points), as Keras 3 does; Keras 2's
 * fused kernels took the unbiased one.
 *
 * Reference: Ioffe and Szegedy 2015, ICML, 448–456.
 */
export const batchNorm: Rule<BatchNormLayer> = {
  infer(net, { name, epsilon, scale, output: { channels } }, inputs) {
    const one = () =>
      net.graph.constant(`ones_${channels}`, [channels], () => new Float32Array(channels).fill(1));
    const gamma = scale ? net.vector(`${name}/gamma`) : one();
    const vectors = ['beta', 'moving_mean', 'moving_variance'].map((variable) =>
      net.vector(`${name}/${variable}`),
    );
    return net.graph.node('BatchNormalization', [only(inputs), gamma, ...vectors], {
      epsilon: { float: epsilon },
    });
  },

  train(tape, layer, inputs) {
    const input = only(inputs);
    const product = tape.products.get(input.name);
    if (product && isCheap(product, layer.output)) return normaliseProduct(tape, layer, product);
    const { name, scale: hasGamma, output: shape } = layer;
    const { graph } = tape;
    const rows = new WideRows(graph, shape.channels, shape.height * shape.width);
    const op = (operator: string, ...operands: string[]) => graph.node(operator, operands);
    const sums = (matrix: string) => columnSums(graph, { name: matrix, shape });
    const means = (matrix: string) => op('Mul', sums(matrix), tape.inverseRows(shape));

    const mean = means(input.name);
    const centred = op('Sub', rows.widen(input.name), rows.repeat(mean));
    const variance = means(op('Mul', centred, centred));
    const { inverse: inverseDeviation, scale } = normalScale(tape, layer, variance);
    const scaled = op('Mul', centred, rows.repeat(scale));
    const shifted = op('Add', scaled, rows.repeat(tape.weight(`${name}/beta`)));
    tape.statistics.push({ layer: name, mean, variance });

    return tape.record({ name: rows.narrow(shifted), shape }, (gradient) => {
      const slope = rows.widen(tape.unscaled(gradient));
      const sum = sums(slope);
      const sumByCentred = sums(op('Mul', slope, centred));
      tape.weightGradients.set(`${name}/beta`, sum);
      if (hasGamma) tape.weightGradients.set(`${name}/gamma`, op('Mul', sumByCentred, inverseDeviation));
      if (!tape.wantsGradient(input)) return;
      const throughMean = op('Mul', sum, tape.inverseRows(shape));
      const inverseVariance = op('Mul', inverseDeviation, inverseDeviation);
      const throughVariance = op('Mul', op('Mul', sumByCentred, inverseVariance), tape.inverseRows(shape));
      const correction = op(
        'Add',
        op('Mul', centred, rows.repeat(throughVariance)),
        rows.repeat(throughMean),
      );
      tape.addGradient(input, { name: rows.narrow(op('Sub', slope, correction)), columnScale: scale });
    });
  },
};
