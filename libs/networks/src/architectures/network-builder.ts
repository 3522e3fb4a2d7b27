import type { Layer, Network, Shape, WeightSpec } from '../network.js';

type ConvOptions = { filters: number; kernel: number; stride?: number; padding?: number };

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

  conv(name: string, input: string, { filters, kernel, stride = 1, padding = 0 }: ConvOptions): string {
    const from = this.#shapeOf(input);
    this.#weigh(name, 'base', [
      ['kernel', [kernel, kernel, from.channels, filters], 'glorot-uniform'],
      ['bias', [filters], 'zeros'],
    ]);
    const output = { ...slide(from, { size: kernel, stride, padding }), channels: filters };
    return this.#push({ kind: 'conv', name, inputs: [input], output, kernel, stride, padding });
  }

  /** ε 1.001e-5 as in Keras' ResNet, and the momentum the network was begun with. */
  batchNorm(name: string, input: string): string {
    const output = this.#shapeOf(input);
    this.#weigh(name, 'base', [
      ['gamma', [output.channels], 'ones'],
      ['beta', [output.channels], 'zeros'],
      ['moving_mean', [output.channels], 'zeros'],
      ['moving_variance', [output.channels], 'ones'],
    ]);
    return this.#push({
      kind: 'batch-norm',
      name,
      inputs: [input],
      output,
      epsilon: 1.001e-5,
      momentum: this.momentum,
    });
  }

  relu(name: string, input: string): string {
    return this.#push({ kind: 'relu', name, inputs: [input], output: this.#shapeOf(input) });
  }

  /** @throws RangeError when the two inputs differ in shape */
  add(name: string, inputs: readonly [string, string]): string {
    const [a, b] = inputs.map((input) => this.#shapeOf(input)) as [Shape, Shape];
    if (a.height !== b.height || a.width !== b.width || a.channels !== b.channels) {
      throw new RangeError(`layer ${name}: expected two inputs of one shape, found ${say(a)} and ${say(b)}`);
    }
    return this.#push({ kind: 'add', name, inputs, output: a });
  }

  maxPool(name: string, input: string, window: { size: number; stride: number; padding: number }): string {
    const output = slide(this.#shapeOf(input), window);
    return this.#push({ kind: 'max-pool', name, inputs: [input], output, ...window });
  }

  globalAveragePool(name: string, input: string): string {
    const output = vector(this.#shapeOf(input).channels);
    return this.#push({ kind: 'global-average-pool', name, inputs: [input], output });
  }

  dropout(name: string, input: string, rate: number): string {
    return this.#push({ kind: 'dropout', name, inputs: [input], output: this.#shapeOf(input), rate });
  }

  /** The last layer: one sigmoid for two classes, a softmax for more. */
  classifier(name: string, input: string, classes: number): string {
    const units = classes === 2 ? 1 : classes;
    this.#weigh(name, 'head', [
      ['kernel', [this.#shapeOf(input).channels, units], 'glorot-uniform'],
      ['bias', [units], 'zeros'],
    ]);
    const activation = units === 1 ? 'sigmoid' : 'softmax';
    return this.#push({ kind: 'dense', name, inputs: [input], output: vector(units), activation });
  }

  build(name: string, stages: readonly string[]): Network {
    const input = { height: this.imageSize, width: this.imageSize, channels: 3 };
    return { name, input, layers: this.#layers, weights: this.#weights, stages };
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

function slide(
  from: Shape,
  { size, stride, padding }: { size: number; stride: number; padding: number },
): Shape {
  const steps = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  return { height: steps(from.height), width: steps(from.width), channels: from.channels };
}

function vector(channels: number): Shape {
  return { height: 1, width: 1, channels };
}

function say({ height, width, channels }: Shape): string {
  return `${height} × ${width} × ${channels}`;
}
