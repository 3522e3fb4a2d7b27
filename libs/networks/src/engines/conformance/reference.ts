/* eslint-disable max-depth, @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import type { LossOptions } from '../../engine.js';
import type {
  AveragePoolLayer,
  BatchNormLayer,
  ConvLayer,
  DenseLayer,
  Layer,
  MaxPoolLayer,
  Network,
  Window,
} from '../../network.js';

/** Tensors in double precision. */
export type Doubles = Map<string, Float64Array>;

export interface Reference {
  /** Mean of what `ReferenceInput.loss` says. */
  loss: number;
  /** What each layer put out, n × height × width × channels; of the last one the logits. */
  outputs: Doubles;
  /** Moving statistics after the step, of batch norms in training mode. */
  statistics: Doubles;
}

export interface ReferenceInput {
  weights: Doubles;
  images: Float64Array;
  labels: readonly number[];
  /** Batch norms use their moving statistics and nothing is dropped. */
  inference?: boolean;
  /** The same for these layers alone. */
  frozen?: ReadonlySet<string>;
  /** Default: the plain cross-entropy. */
  loss?: LossOptions;
  /** Masks of dropout by layer. */
  masks?: ReadonlyMap<string, Float32Array>;
}

interface Run extends ReferenceInput {
  network: Network;
  count: number;
  outputs: Doubles;
  statistics: Doubles;
}

/** The forward pass as plain loops over the definition, in double precision: what engines are judged by. */
export function reference(network: Network, input: ReferenceInput): Reference {
  const outputs: Doubles = new Map([['images', input.images]]);
  const run: Run = { ...input, network, count: input.labels.length, outputs, statistics: new Map() };
  for (const layer of network.layers) outputs.set(layer.name, forward(run, layer));
  return { loss: meanLoss(run), outputs, statistics: run.statistics };
}

/** The derivative of the loss by some entries of a tensor, by central differences. */
export function numericGradient(
  network: Network,
  input: ReferenceInput,
  name: string,
  entries?: readonly number[],
): number[] {
  const tensor = input.weights.get(name)!;
  const h = 1e-5;
  const lossWith = (at: number, value: number) => {
    const changed = tensor.slice();
    changed[at] = value;
    return reference(network, { ...input, weights: new Map([...input.weights, [name, changed]]) }).loss;
  };
  return (entries ?? [...tensor.keys()]).map(
    (at) => (lossWith(at, tensor[at]! + h) - lossWith(at, tensor[at]! - h)) / (2 * h),
  );
}

function forward(run: Run, layer: Layer): Float64Array {
  const inputs = layer.inputs.map((name) => run.outputs.get(name)!);
  const [x] = inputs as [Float64Array];
  switch (layer.kind) {
    case 'conv':
      return conv(run, layer, x);
    case 'batch-norm':
      return batchNorm(run, layer, x);
    case 'relu':
      return x.map((value) => Math.max(value, 0));
    case 'add':
      return x.map((value, i) => value + layer.scale * inputs[1]![i]!);
    case 'concat':
      return concat(run, layer, inputs);
    case 'max-pool':
      return maxPool(run, layer, x);
    case 'average-pool':
      return averagePool(run, layer, x);
    case 'global-average-pool':
      return globalAverage(run, layer, x);
    case 'dropout':
      return run.inference ? x : x.map((value, i) => value * run.masks!.get(layer.name)![i]!);
    case 'dense':
      return dense(run, layer, x);
  }
}

function shapeOf({ network }: Run, layer: string) {
  return layer === 'images' ? network.input : network.layers.find(({ name }) => name === layer)!.output;
}

/** Calls back for every output point, tap and the input point under it, −1 where that is a zero of the padding. */
function slide(
  run: Run,
  layer: Layer & Window,
  visit: (output: number, tap: number, input: number) => void,
): void {
  const [rows, columns] = layer.kernel;
  const { stride, padding } = layer;
  const from = shapeOf(run, layer.inputs[0]!);
  const to = layer.output;
  for (let n = 0, output = 0; n < run.count; n++)
    for (let i = 0; i < to.height; i++)
      for (let j = 0; j < to.width; j++, output++)
        for (let tap = 0; tap < rows * columns; tap++) {
          const y = i * stride - padding.top + Math.floor(tap / columns);
          const x = j * stride - padding.left + (tap % columns);
          const inside = y >= 0 && x >= 0 && y < from.height && x < from.width;
          visit(output, tap, inside ? (n * from.height + y) * from.width + x : -1);
        }
}

function conv(run: Run, layer: ConvLayer, x: Float64Array): Float64Array {
  const kernel = run.weights.get(`${layer.name}/kernel`)!;
  const bias = layer.bias ? run.weights.get(`${layer.name}/bias`)! : new Float64Array(layer.output.channels);
  const cin = shapeOf(run, layer.inputs[0]!).channels;
  const { height, width, channels } = layer.output;
  const y = Float64Array.from(
    { length: run.count * height * width * channels },
    (_, i) => bias[i % channels]!,
  );
  slide(run, layer, (output, tap, input) => {
    if (input < 0) return;
    for (let a = 0; a < cin; a++)
      for (let b = 0; b < channels; b++)
        y[output * channels + b]! += x[input * cin + a]! * kernel[(tap * cin + a) * channels + b]!;
  });
  return y;
}

function batchNorm(
  run: Run,
  { name, output, epsilon, momentum, scale: hasGamma }: BatchNormLayer,
  x: Float64Array,
): Float64Array {
  const c = output.channels;
  const weight = (variable: string) => run.weights.get(`${name}/${variable}`)!;
  const columnMeans = (values: Float64Array) => {
    const means = new Float64Array(c);
    values.forEach((value, i) => (means[i % c]! += (value * c) / values.length));
    return means;
  };
  let mean = weight('moving_mean');
  let variance = weight('moving_variance');
  if (!run.inference && !run.frozen?.has(name)) {
    const before = { moving_mean: mean, moving_variance: variance };
    mean = columnMeans(x);
    variance = columnMeans(x.map((value, i) => (value - mean[i % c]!) ** 2));
    const blend = (old: Float64Array, seen: Float64Array) =>
      old.map((value, i) => momentum * value + (1 - momentum) * seen[i]!);
    run.statistics.set(`${name}/moving_mean`, blend(before.moving_mean, mean));
    run.statistics.set(`${name}/moving_variance`, blend(before.moving_variance, variance));
  }
  const gammas = hasGamma ? weight('gamma') : new Float64Array(c).fill(1);
  const scale = gammas.map((gamma, i) => gamma / Math.sqrt(variance[i]! + epsilon));
  return x.map((value, i) => (value - mean[i % c]!) * scale[i % c]! + weight('beta')[i % c]!);
}

function maxPool(run: Run, layer: MaxPoolLayer, x: Float64Array): Float64Array {
  const { height, width, channels: c } = layer.output;
  const y = new Float64Array(run.count * height * width * c).fill(-Infinity);
  slide(run, layer, (output, _tap, input) => {
    for (let a = 0; a < c; a++)
      y[output * c + a] = Math.max(y[output * c + a]!, input < 0 ? 0 : x[input * c + a]!);
  });
  return y;
}

function averagePool(run: Run, layer: AveragePoolLayer, x: Float64Array): Float64Array {
  const { height, width, channels: c } = layer.output;
  const y = new Float64Array(run.count * height * width * c);
  const counts = new Float64Array(run.count * height * width);
  slide(run, layer, (output, _tap, input) => {
    if (input < 0) return;
    counts[output]!++;
    for (let a = 0; a < c; a++) y[output * c + a]! += x[input * c + a]!;
  });
  return y.map((sum, i) => sum / counts[Math.floor(i / c)]!);
}

function concat(run: Run, layer: Layer, inputs: readonly Float64Array[]): Float64Array {
  const points = run.count * layer.output.height * layer.output.width;
  const depths = inputs.map((values) => values.length / points);
  const rows = Array.from({ length: points }, (_, row) =>
    inputs.map((values, i) => values.subarray(row * depths[i]!, (row + 1) * depths[i]!)),
  );
  return Float64Array.from(rows.flatMap((parts) => parts.flatMap((part) => [...part])));
}

function globalAverage(run: Run, layer: Layer, x: Float64Array): Float64Array {
  const { height, width, channels: c } = shapeOf(run, layer.inputs[0]!);
  const y = new Float64Array(run.count * c);
  x.forEach(
    (value, i) => (y[Math.floor(i / (height * width * c)) * c + (i % c)]! += value / (height * width)),
  );
  return y;
}

function dense(run: Run, { name, output: { channels } }: DenseLayer, x: Float64Array): Float64Array {
  const kernel = run.weights.get(`${name}/kernel`)!;
  const features = kernel.length / channels;
  const y = new Float64Array(run.count * channels);
  return y.map((_, i) => {
    let sum = run.weights.get(`${name}/bias`)![i % channels]!;
    const row = Math.floor(i / channels) * features;
    for (let a = 0; a < features; a++) sum += x[row + a]! * kernel[a * channels + (i % channels)]!;
    return sum;
  });
}

function meanLoss({ network, outputs, labels, loss: { classWeights, focalGamma = 0 } = {} }: Run): number {
  const last = network.layers.at(-1)!;
  const logits = outputs.get(last.name)!;
  const units = last.output.channels;
  const losses = labels.map((label, n) => {
    const z = units === 1 ? [0, logits[n]!] : [...logits.subarray(n * units, (n + 1) * units)];
    const top = Math.max(...z);
    const nats = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0)) - z[label]!;
    return (classWeights?.[label] ?? 1) * (1 - Math.exp(-nats)) ** focalGamma * nats;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / labels.length;
}
