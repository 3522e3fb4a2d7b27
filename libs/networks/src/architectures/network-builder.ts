import type { Layer, Network, Shape, WeightSpec, Window } from '../network.js';
import { paddingOf, type PaddingRule } from './padding.js';

/** A window as one writes it: square where one length is given. */
export interface WindowOptions {
  kernel: number | Window['kernel'];
  /** Default 1. */
  stride?: number;
  /** Default 0. */
  padding?: PaddingRule;
}

export interface ConvOptions extends WindowOptions {
  filters: number;
  /** Default true. */
  bias?: boolean;
}

export interface BatchNormOptions {
  /** Added to the variance. Default 1.001e-5, as in Keras' ResNet. */
  epsilon?: number;
  /** Whether there is a γ. Default true. */
  scale?: boolean;
}

/** Writes a network down layer by layer; each method takes and returns the names of layers and infers the shapes. */
export class NetworkBuilder {
  readonly #layers: Layer[] = [];
  readonly #weights: WeightSpec[] = [];
  readonly #shapes = new Map<string, Shape>();

  /** @param momentum of the batch norms' moving statistics; Keras' is 0.99 */
  constructor(
    private readonly imageSize: number,
    private readonly momentum = 0.99,
  ) {
    this.#shapes.set('images', { height: imageSize, width: imageSize, channels: 3 });
  }

  conv(name: string, input: string, { filters, bias = true, ...options }: ConvOptions): string {
    const { window, output } = this.#slide(input, options);
    this.#weigh(name, 'base', [
      ['kernel', [...window.kernel, this.channelsOf(input), filters], 'glorot-uniform'],
      ...(bias ? [['bias', [filters], 'zeros'] as const] : []),
    ]);
    const shape = { ...output, channels: filters };
    return this.#push({ kind: 'conv', name, inputs: [input], output: shape, ...window, bias });
  }

  /** With the momentum that the network was begun with. */
  batchNorm(
    name: string,
    input: string,
    { epsilon = 1.001e-5, scale = true }: BatchNormOptions = {},
  ): string {
    const output = this.#shapeOf(input);
    const shape = [output.channels];
    this.#weigh(name, 'base', [
      ...(scale ? [['gamma', shape, 'ones'] as const] : []),
      ['beta', shape, 'zeros'],
      ['moving_mean', shape, 'zeros'],
      ['moving_variance', shape, 'ones'],
    ]);
    const { momentum } = this;
    return this.#push({ kind: 'batch-norm', name, inputs: [input], output, scale, epsilon, momentum });
  }

  relu(name: string, input: string): string {
    return this.#push({ kind: 'relu', name, inputs: [input], output: this.#shapeOf(input) });
  }

  /** @param scale what the second input is multiplied by @throws RangeError when the two inputs differ in shape */
  add(name: string, inputs: readonly [string, string], scale = 1): string {
    const [a, b] = inputs.map((input) => this.#shapeOf(input)) as [Shape, Shape];
    if (!sameSize(a, b) || a.channels !== b.channels) {
      throw new RangeError(`layer ${name}: expected two inputs of one shape, found ${say(a)} and ${say(b)}`);
    }
    return this.#push({ kind: 'add', name, inputs, output: a, scale });
  }

  /** @throws RangeError when the inputs differ in height or width */
  concat(name: string, inputs: readonly [string, ...string[]]): string {
    const [first, ...others] = inputs.map((input) => this.#shapeOf(input)) as [Shape, ...Shape[]];
    const odd = others.find((other) => !sameSize(first, other));
    if (odd) {
      throw new RangeError(
        `layer ${name}: expected inputs of one height and width, found ${say(first)} and ${say(odd)}`,
      );
    }
    const channels = others.reduce((sum, other) => sum + other.channels, first.channels);
    return this.#push({ kind: 'concat', name, inputs, output: { ...first, channels } });
  }

  maxPool(name: string, input: string, options: WindowOptions & { padding?: number }): string {
    const { window, output } = this.#slide(input, options);
    return this.#push({ kind: 'max-pool', name, inputs: [input], output, ...window });
  }

  averagePool(name: string, input: string, options: WindowOptions): string {
    const { window, output } = this.#slide(input, options);
    return this.#push({ kind: 'average-pool', name, inputs: [input], output, ...window });
  }

  globalAveragePool(name: string, input: string): string {
    const output = vector(this.channelsOf(input));
    return this.#push({ kind: 'global-average-pool', name, inputs: [input], output });
  }

  dropout(name: string, input: string, rate: number): string {
    return this.#push({ kind: 'dropout', name, inputs: [input], output: this.#shapeOf(input), rate });
  }

  /** The last layer: one sigmoid for two classes, a softmax for more. */
  classifier(name: string, input: string, classes: number): string {
    const units = classes === 2 ? 1 : classes;
    this.#weigh(name, 'head', [
      ['kernel', [this.channelsOf(input), units], 'glorot-uniform'],
      ['bias', [units], 'zeros'],
    ]);
    const activation = units === 1 ? 'sigmoid' : 'softmax';
    return this.#push({ kind: 'dense', name, inputs: [input], output: vector(units), activation });
  }

  build(name: string, stages: readonly string[]): Network {
    const input = { height: this.imageSize, width: this.imageSize, channels: 3 };
    return { name, input, layers: this.#layers, weights: this.#weights, stages };
  }

  /** How many channels a layer puts out. */
  channelsOf(layer: string): number {
    return this.#shapeOf(layer).channels;
  }

  #push(layer: Layer): string {
    this.#layers.push(layer);
    this.#shapes.set(layer.name, layer.output);
    return layer.name;
  }

  #shapeOf(name: string): Shape {
    const shape = this.#shapes.get(name);
    if (!shape) throw new RangeError(`input ${name}: expected a layer built before, found none of that name`);
    return shape;
  }

  #slide(
    input: string,
    { kernel: lengths, stride = 1, padding: rule = 0 }: WindowOptions,
  ): { window: Window; output: Shape } {
    const from = this.#shapeOf(input);
    const kernel = typeof lengths === 'number' ? ([lengths, lengths] as const) : lengths;
    const padding = paddingOf(rule, from, { kernel, stride });
    const places = (length: number, size: number) => Math.floor((length - size) / stride) + 1;
    const output = {
      height: places(from.height + padding.top + padding.bottom, kernel[0]),
      width: places(from.width + padding.left + padding.right, kernel[1]),
      channels: from.channels,
    };
    return { window: { kernel, stride, padding }, output };
  }

  #weigh(
    layer: string,
    part: WeightSpec['part'],
    tensors: readonly (readonly [variable: string, shape: readonly number[], init: WeightSpec['init']])[],
  ): void {
    for (const [variable, shape, init] of tensors) {
      const trainable = !variable.startsWith('moving_');
      this.#weights.push({ name: `${layer}/${variable}`, shape, trainable, part, init });
    }
  }
}

function sameSize(a: Shape, b: Shape): boolean {
  return a.height === b.height && a.width === b.width;
}

function vector(channels: number): Shape {
  return { height: 1, width: 1, channels };
}

function say({ height, width, channels }: Shape): string {
  return `${height} × ${width} × ${channels}`;
}
