import type { Sgd } from '../../engine.js';
import type { Rule } from './optimiser.js';

/** Gradient descent; with momentum it reads the velocity `m/<pack>` and gives `next/m/<pack>`. */
export const sgd: Rule<Sgd> = {
  write({ graph, weight, gradient, moment, next }, { momentum, nesterov }) {
    const op = (operator: string, ...operands: string[]) => graph.node(operator, operands);
    const descent = op('Mul', gradient, 'stepSize');
    if (momentum === 0) {
      next('w', 'Sub', weight(), descent);
      return;
    }
    const velocity = next('m', 'Sub', op('Mul', moment('m'), graph.scalar(momentum)), descent);
    const move = nesterov ? op('Sub', op('Mul', velocity, graph.scalar(momentum)), descent) : velocity;
    next('w', 'Add', weight(), move);
  },

  stepSize: (_, { learningRate }) => learningRate,
};
