import type { Shape } from '../../network.js';
import { Graph } from './graph.js';

/** A batch of activations as a matrix: a row for each point of each image, a column for each channel. */
export interface Value {
  name: string;
  shape: Shape;
}

/**
 * The derivative of the loss by a value. Its columns may still want multiplying by a vector: a matrix product that
 * reads it takes that into its (much smaller) weights instead.
 */
export interface Gradient {
  name: string;
  columnScale?: string;
}

interface Step {
  output: Value;
  backward: (gradient: Gradient) => void;
}

/** What a batch norm saw: one value for each channel. */
export interface BatchStatistics {
  layer: string;
  mean: string;
  variance: string;
}

/** A matrix product: rows of `input` times a trained kernel, called as in Keras. */
export interface Product {
  input: Value;
  kernel: string;
}

export interface TapeOptions {
  /** Convolutions to which no bias is added: they have none, or only a batch norm reads them and takes it away again. */
  biasless: ReadonlySet<string>;
  /** Layers that one other layer reads. */
  readOnce: ReadonlySet<string>;
  /** Whether 3 × 3 convolutions may be made in tiles. */
  tiles: boolean;
  /** That will run the graph. */
  threads: number;
  /** Makes what the backward pass needs a second time instead of keeping it. */
  rebuild: boolean;
}

/** The forward pass as it is written down, and what will be needed to run back along it. */
export class Tape {
  readonly graph = new Graph();
  /** Gradients of trained tensors, in the shape in which `weight` gave them out. */
  readonly weightGradients = new Map<string, string>();
  readonly statistics: BatchStatistics[] = [];
  /** Values that are nothing but a product and are read once, by name: the reader may do without the value. */
  readonly products = new Map<string, Product>();
  readonly #steps: Step[] = [];
  readonly #differentiable = new Set<string>();
  readonly #gradients = new Map<string, Gradient>();
  readonly #weights = new Map<string, string>();
  readonly #inverseRows = new Map<number, string>();
  readonly #once = new Map<string, string | Value>();

  /** @param inverseImages name of the scalar 1 / n */
  constructor(
    readonly inverseImages: string,
    readonly options: TapeOptions,
  ) {}

  /** Writes down a step that has a derivative. */
  record(output: Value, backward: (gradient: Gradient) => void): Value {
    this.#steps.push({ output, backward });
    this.#differentiable.add(output.name);
    return output;
  }

  /** Makes what several layers share, when the first of them asks for it. @param key says what it is, and so its type */
  once<T extends string | Value>(key: string, make: () => T): T {
    const made = (this.#once.get(key) as T | undefined) ?? make();
    this.#once.set(key, made);
    return made;
  }

  /** Whether anything that is trained lies behind a value. */
  wantsGradient(value: Value): boolean {
    return this.#differentiable.has(value.name);
  }

  /** Adds to the gradient of a value. */
  addGradient(value: Value, gradient: Gradient): void {
    const before = this.#gradients.get(value.name);
    const sum = before && {
      name: this.graph.node('Add', [this.unscaled(before), this.unscaled(gradient)]),
    };
    this.#gradients.set(value.name, sum ?? gradient);
  }

  /** A gradient with its column scale multiplied in. */
  unscaled({ name, columnScale }: Gradient): string {
    return columnScale === undefined ? name : this.graph.node('Mul', [name, columnScale]);
  }

  /** Runs back along the steps; each finds the sum of the gradients that later steps added. */
  backward(): void {
    for (const { output, backward } of this.#steps.toReversed()) {
      const gradient = this.#gradients.get(output.name);
      this.#gradients.delete(output.name);
      if (gradient) backward(gradient);
    }
  }

  /** Makes a tensor known under its Keras name. @param value a node or an input that holds it */
  defineWeight(name: string, value: string): void {
    this.#weights.set(name, value);
  }

  /** @throws RangeError when the tensor is not trained */
  weight(name: string): string {
    const value = this.#weights.get(name);
    if (value === undefined)
      throw new RangeError(`weight ${name}: expected a trained tensor, found none of that name`);
    return value;
  }

  /** The scalar 1 / (n · points): what turns a column sum into a mean. */
  inverseRows({ height, width }: Shape): string {
    const points = height * width;
    const known = this.#inverseRows.get(points);
    if (known !== undefined) return known;
    const scalar = this.graph.node('Mul', [this.inverseImages, this.graph.scalar(1 / points)]);
    this.#inverseRows.set(points, scalar);
    return scalar;
  }
}
