import type { Adam } from '../../engine.js';
import type { Rule } from './optimiser.js';

/**
 * One step of Adam: reads `m/` and `v/<pack>` and gives `next/m/<pack>` and so on.
 *
 * The moments are kept as plain decaying sums, without the factors 1 − β: m ← β₁ m + g, v ← β₂ v + g². Those factors
 * go into `stepSize` and ε. What the first step leaves in m is the gradient.
 *
 * Reference: Kingma and Ba 2015, ICLR, with the ε of Keras.
 */
export const adam: Rule<Adam> = {
  write({ graph, weight, gradient, moment, next }, { beta1, beta2, epsilon }) {
    const op = (operator: string, ...operands: string[]) => graph.node(operator, operands);
    const [m, v] = [moment('m'), moment('v')];
    const mean = next('m', 'Add', op('Mul', m, graph.scalar(beta1)), gradient);
    const square = next('v', 'Add', op('Mul', v, graph.scalar(beta2)), op('Mul', gradient, gradient));
    const deviation = op('Add', op('Sqrt', square), graph.scalar(epsilon / Math.sqrt(1 - beta2)));
    next('w', 'Sub', weight(), op('Mul', op('Div', mean, deviation), 'stepSize'));
  },

  /** What m / (√v + …) is multiplied by, with the bias of young moments corrected. */
  stepSize({ beta1, beta2 }, { learningRate, step }) {
    const correction = Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
    return (learningRate * correction * (1 - beta1)) / Math.sqrt(1 - beta2);
  },
};
