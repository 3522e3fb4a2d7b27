/* eslint-disable @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import type { Adam } from '../../engine.js';
import type { Network } from '../../network.js';
import { numericGradient, reference, type Doubles, type ReferenceInput } from './reference.js';

/** Adam as in the paper, on numeric gradients. */
export class PlainAdam {
  readonly #moments = new Map<string, { m: Float64Array; v: Float64Array }>();
  #steps = 0;

  constructor(
    private readonly network: Network,
    readonly weights: Doubles,
    private readonly options: Adam,
  ) {}

  /** @returns the loss before the step */
  step(input: ReferenceInput): number {
    const { loss, statistics } = reference(this.network, input);
    const trained = this.network.weights.filter(({ trainable }) => trainable);
    const gradients = trained.map(({ name }) => ({
      name,
      gradient: numericGradient(this.network, input, name),
    }));
    this.#steps++;
    for (const { name, gradient } of gradients) this.weights.set(name, this.#moved(name, gradient));
    for (const [name, values] of statistics) this.weights.set(name, values);
    return loss;
  }

  #moved(name: string, gradient: readonly number[]): Float64Array {
    const { learningRate, beta1, beta2, epsilon } = this.options;
    const before = this.weights.get(name)!;
    const zero = new Float64Array(before.length);
    const old = this.#moments.get(name) ?? { m: zero, v: zero };
    const m = old.m.map((value, i) => beta1 * value + (1 - beta1) * gradient[i]!);
    const v = old.v.map((value, i) => beta2 * value + (1 - beta2) * gradient[i]! ** 2);
    this.#moments.set(name, { m, v });
    const rate = (learningRate * Math.sqrt(1 - beta2 ** this.#steps)) / (1 - beta1 ** this.#steps);
    return before.map((value, i) => value - (rate * m[i]!) / (Math.sqrt(v[i]!) + epsilon));
  }
}
