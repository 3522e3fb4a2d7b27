import type { Layer } from '../../network.js';
import type { Tensor } from './device.js';
import { inferLayer, trainLayer } from './rules/rules.js';
import { using, type Step, type Surroundings, type Training } from './rules/rule.js';

/** What the first layers read: the images, or what a frozen base made of them. */
export interface Beginning {
  name: string;
  tensor: Tensor;
}

/**
 * Runs layers that do not learn.
 *
 * @param wanted layers whose outputs are returned, for the caller to let go of
 */
export function infer(
  run: Surroundings,
  layers: readonly Layer[],
  beginning: Beginning,
  wanted: readonly string[],
): Map<string, Tensor> {
  const values = new Values(layers, [beginning]);
  const found = new Map<string, Tensor>();
  try {
    for (const layer of layers) {
      const output = values.put(layer, inferLayer(run, layer, values.inputsOf(layer)));
      if (wanted.includes(layer.name)) found.set(layer.name, output.keep());
      values.read(layer);
    }
    return found;
  } catch (error) {
    for (const tensor of found.values()) tensor.release();
    throw error;
  } finally {
    values.release();
  }
}

/** Layers that learn, run forward once and back along the same way. */
export class Pass {
  readonly #steps: { layer: Layer; step: Step }[] = [];
  readonly #gradients = new Map<string, Tensor>();
  readonly #layers: readonly Layer[];
  readonly #run: Training;

  constructor(run: Training, layers: readonly Layer[]) {
    this.#run = run;
    this.#layers = layers;
  }

  /** @returns what the last layer puts out */
  forward(beginnings: readonly Beginning[]): Tensor {
    const values = new Values(this.#layers, beginnings);
    try {
      let last: Tensor | undefined;
      for (const layer of this.#layers) {
        const step = trainLayer(this.#run, layer, values.inputsOf(layer));
        last = values.put(layer, step.output);
        this.#steps.push({ layer, step });
        values.read(layer);
      }
      if (!last) throw new RangeError('layers that learn: expected at least one, found none');
      return last.keep();
    } finally {
      values.release();
    }
  }

  /** @param gradient of what the last layer put out */
  backward(gradient: Tensor): void {
    const learning = new Set(this.#layers.map(({ name }) => name));
    const last = this.#layers.at(-1);
    if (last) this.#gradients.set(last.name, gradient.keep());
    for (let next; (next = this.#steps.pop());) {
      const { layer, step } = next;
      const slope = this.#gradients.get(layer.name);
      this.#gradients.delete(layer.name);
      const wanted = layer.inputs.map((name) => learning.has(name));
      const slopes = using(
        [...step.keeps, ...(slope ? [slope] : [])],
        () => slope && step.back(slope, wanted),
      );
      layer.inputs.forEach((name, i) => this.#add(name, slopes?.[i]));
    }
  }

  /** Lets go of everything, wherever it stopped. */
  release(): void {
    for (const { step } of this.#steps) for (const tensor of step.keeps) tensor.release();
    for (const tensor of this.#gradients.values()) tensor.release();
    this.#steps.length = 0;
    this.#gradients.clear();
  }

  #add(name: string, gradient: Tensor | undefined): void {
    if (!gradient) return;
    const before = this.#gradients.get(name);
    const { device } = this.#run;
    const sum = before ? using([before, gradient], () => device.op('AddV2', [before, gradient])) : gradient;
    this.#gradients.set(name, sum);
  }
}

/** What layers have put out, each until the last layer that reads it has run. */
class Values {
  readonly #values = new Map<string, Tensor>();
  readonly #readers = new Map<string, number>();

  constructor(layers: readonly Layer[], beginnings: readonly Beginning[]) {
    for (const { inputs } of layers)
      for (const input of inputs) this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
    for (const { name, tensor } of beginnings) this.#values.set(name, tensor.keep());
  }

  inputsOf(layer: Layer): Tensor[] {
    return layer.inputs.map((input) => {
      const value = this.#values.get(input);
      if (!value)
        throw new RangeError(`layer ${layer.name}: expected input ${input} to come before it, found none`);
      return value;
    });
  }

  put({ name }: Layer, value: Tensor): Tensor {
    this.#values.set(name, value);
    return value;
  }

  /** Notes that a layer has read its inputs. */
  read({ inputs }: Layer): void {
    for (const input of inputs) {
      const left = (this.#readers.get(input) ?? 0) - 1;
      this.#readers.set(input, left);
      if (left > 0) continue;
      this.#values.get(input)?.release();
      this.#values.delete(input);
    }
  }

  release(): void {
    for (const value of this.#values.values()) value.release();
    this.#values.clear();
  }
}
