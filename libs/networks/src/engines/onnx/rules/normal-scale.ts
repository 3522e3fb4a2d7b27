import type { BatchNormLayer } from '../../../network.js';
import type { Tape } from '../tape.js';

/** 1 / √(variance + ε), and that times γ where the layer has one: a value for each channel. */
export function normalScale(
  tape: Tape,
  { name, epsilon, scale: hasGamma }: BatchNormLayer,
  variance: string,
): { inverse: string; scale: string } {
  const { graph } = tape;
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(epsilon)])]);
  const inverse = graph.node('Reciprocal', [deviation]);
  return { inverse, scale: hasGamma ? graph.node('Mul', [tape.weight(`${name}/gamma`), inverse]) : inverse };
}
