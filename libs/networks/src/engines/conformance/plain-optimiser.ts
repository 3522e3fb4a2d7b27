/* eslint-disable @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import type { Adam, Optimiser, Sgd } from '../../engine.js';
import type { Network } from '../../network.js';
import { numericGradient, reference, type Doubles, type ReferenceInput } from './reference.js';

interface Moments {
  m: Float64Array;
  v: Float64Array;
}

/** Optimisers as they are written in papers and in Keras, on numeric gradients. */
export class PlainOptimiser {
  readonly #moments = new Map<string, Moments>();
  #steps = 0;

  constructor(
    private readonly network: Network,
    readonly weights: Doubles,
    private readonly options: Optimiser,
  ) {}

  /** @returns the loss before the step */
  step(input: ReferenceInput, learningRate = this.options.learningRate): number {
    const { loss, statistics } = reference(this.network, input);
    const trained = this.network.weights.filter(({ trainable }) => trainable);
    const gradients = trained.map(({ name }) => ({
      name,
      gradient: Float64Array.from(numericGradient(this.network, input, name)),
    }));
    this.#steps++;
    for (const { name, gradient } of gradients)
      this.weights.set(name, this.#moved(name, gradient, learningRate));
    for (const [name, values] of statistics) this.weights.set(name, values);
    return loss;
  }

  #moved(name: string, gradient: Float64Array, learningRate: number): Float64Array {
    const { weightDecay = 0 } = this.options;
    const before = this.weights.get(name)!;
    const zero = new Float64Array(before.length);
    const old = this.#moments.get(name) ?? { m: zero, v: zero };
    const { moments, move } =
      this.options.kind === 'sgd'
        ? descent(old, gradient, { ...this.options, learningRate })
        : adaptive(old, gradient, { ...this.options, learningRate, step: this.#steps });
    this.#moments.set(name, moments);
    const kept = name.endsWith('/kernel') ? 1 - learningRate * weightDecay : 1;
    return before.map((value, i) => kept * value + move[i]!);
  }
}

function adaptive(
  old: Moments,
  gradient: Float64Array,
  { learningRate, beta1, beta2, epsilon, step }: Adam & { step: number },
): { moments: Moments; move: Float64Array } {
  const m = old.m.map((value, i) => beta1 * value + (1 - beta1) * gradient[i]!);
  const v = old.v.map((value, i) => beta2 * value + (1 - beta2) * gradient[i]! ** 2);
  const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
  return { moments: { m, v }, move: m.map((value, i) => (-rate * value) / (Math.sqrt(v[i]!) + epsilon)) };
}

function descent(
  { m: before, v }: Moments,
  gradient: Float64Array,
  { learningRate, momentum, nesterov }: Sgd,
): { moments: Moments; move: Float64Array } {
  const m = before.map((value, i) => momentum * value - learningRate * gradient[i]!);
  const ahead = m.map((value, i) => momentum * value - learningRate * gradient[i]!);
  return { moments: { m, v }, move: nesterov ? ahead : m };
}
