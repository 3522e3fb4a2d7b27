import type { Adam } from '../../engine.js';
import type { Graph } from './graph.js';
import type { Pack } from './packs.js';

/** Names of the two moments in a state. */
export const moments = ['m', 'v'] as const;

/**
 * Writes one step of Adam for a pack: reads `w/`, `m/` and `v/<pack>` and gives `next/w/<pack>` and so on.
 *
 * The moments are kept as plain decaying sums, without the factors 1 − β: m ← β₁ m + g, v ← β₂ v + g². Those factors
 * go into `stepSize` and ε. What the first step leaves in m is the gradient.
 *
 * Reference: Kingma and Ba 2015, ICLR, with the ε of Keras.
 */
export function writeAdam(graph: Graph, pack: Pack, gradient: string, { beta1, beta2, epsilon }: Adam): void {
  const op = (operator: string, ...operands: string[]) => graph.node(operator, operands);
  const next = (state: string, operator: string, ...operands: string[]) => {
    const output = graph.node(operator, operands, {}, `next/${state}/${pack.name}`);
    graph.output(output, pack.shape);
    return output;
  };
  const [m, v] = moments.map((moment) => graph.input(`${moment}/${pack.name}`, pack.shape)) as [
    string,
    string,
  ];
  const mean = next('m', 'Add', op('Mul', m, graph.scalar(beta1)), gradient);
  const square = next('v', 'Add', op('Mul', v, graph.scalar(beta2)), op('Mul', gradient, gradient));
  const deviation = op('Add', op('Sqrt', square), graph.scalar(epsilon / Math.sqrt(1 - beta2)));
  next('w', 'Sub', `w/${pack.name}`, op('Mul', op('Div', mean, deviation), 'stepSize'));
}

/** What a step multiplies m / (√v + …) by, with the bias of young moments corrected. @param step from 1 */
export function stepSize({ learningRate, beta1, beta2 }: Adam, step: number): number {
  const correction = Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
  return (learningRate * correction * (1 - beta1)) / Math.sqrt(1 - beta2);
}
