/* eslint-disable @typescript-eslint/no-non-null-assertion -- a suite, for specs only */
import { createHash } from 'node:crypto';
import { Random, seedFrom } from '@palimpsest/numerics';
import { NetworkBuilder, type ConvOptions } from '../../architectures/network-builder.js';
import { dropoutMask } from '../../dropout-mask.js';
import type { Adam, Engine, Trainer, TrainOptions } from '../../engine.js';
import type { Network, Weights } from '../../network.js';
import type { Doubles, ReferenceInput } from './reference.js';

/** Single precision against double: the largest error of a tensor, relative to its largest value. */
export const tolerance = 2e-5;

export const adam: Adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** A network of a few layers, closed by a pool and a dense layer. @param write returns the last of its layers */
export function smallNetwork(
  { imageSize, classes }: { imageSize: number; classes: number },
  write: (net: NetworkBuilder) => string,
): Network {
  const net = new NetworkBuilder(imageSize);
  net.classifier('predictions', net.globalAveragePool('avg_pool', write(net)), classes);
  return net.build('small', []);
}

/** Two bottleneck blocks after a stem: every kind of layer of a ResNet, strides, a shared input, and dropout. */
export function tinyNetwork({ classes = 3, dropout = 0.25 } = {}): Network {
  const net = new NetworkBuilder(11);
  const conv = (name: string, input: string, options: { filters: number; kernel: number; stride?: number }) =>
    net.batchNorm(`${name}_bn`, net.conv(name, input, { ...options, padding: (options.kernel - 1) / 2 }));
  net.relu('stem', conv('conv1', 'images', { filters: 4, kernel: 3 }));
  net.maxPool('pool', 'stem', { kernel: 3, stride: 2, padding: 1 });
  const inner = net.relu('inner', conv('a1', 'pool', { filters: 3, kernel: 1, stride: 2 }));
  const shortcut = conv('a0', 'pool', { filters: 6, kernel: 1, stride: 2 });
  net.relu('a', net.add('a_add', [shortcut, conv('a2', inner, { filters: 6, kernel: 3 })]));
  net.relu('b', net.add('b_add', ['a', conv('b1', 'a', { filters: 6, kernel: 1 })]));
  let last = net.globalAveragePool('avg_pool', 'b');
  if (dropout > 0) last = net.dropout('dropout', last, dropout);
  net.classifier('predictions', last, classes);
  return net.build('tiny', ['stem', 'a', 'b']);
}

/** What the Inceptions and DenseNet have beside: every other kind of layer, and borders that differ from side to side. */
export function tinyInception({ classes = 3 } = {}): Network {
  const net = new NetworkBuilder(10);
  const unit = (name: string, input: string, options: Omit<ConvOptions, 'bias'>) =>
    net.relu(
      name,
      net.batchNorm(`${name}_bn`, net.conv(`${name}_conv`, input, { ...options, bias: false }), {
        epsilon: 1e-3,
        scale: false,
      }),
    );
  const stem = unit('stem', 'images', { filters: 4, kernel: 3, stride: 2, padding: 'same' });
  const long = unit('long', stem, { filters: 3, kernel: [1, 7], padding: 'same' });
  const tall = unit('tall', long, { filters: 3, kernel: [7, 1], padding: 'same' });
  const pool = net.averagePool('pool', stem, { kernel: 3, padding: 'same' });
  const mixed = net.concat('mixed', [stem, tall, unit('pooled', pool, { filters: 2, kernel: 1 })]);
  const found = net.conv('found', mixed, { filters: 9, kernel: 1 });
  const sum = net.relu('sum_ac', net.add('sum', [mixed, found], 0.17));
  const halved = net.averagePool('halved', sum, { kernel: 2, stride: 2 });
  net.classifier('predictions', net.globalAveragePool('avg_pool', halved), classes);
  return net.build('tiny-inception', ['stem', 'mixed', 'halved']);
}

/** Weights without a zero or a one among them, so that no term is left untested. */
export function anyWeights(network: Network, seed = 1): Weights {
  return new Map(
    network.weights.map(({ name, shape }) => {
      const random = new Random(seedFrom('test weights', seed, name));
      const positive = /gamma|variance/.test(name);
      const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
      return [name, values.map(() => (positive ? 0.5 + random.uniform() : random.uniform() - 0.5))];
    }),
  );
}

export interface Batch {
  images: Float32Array;
  labels: number[];
}

/** Images around zero, and classes in turn. */
export function anyBatch({ input, layers }: Network, count: number, seed = 1): Batch {
  const random = new Random(seedFrom('test images', seed));
  const images = new Float32Array(count * input.height * input.width * input.channels);
  const classes = Math.max(2, layers.at(-1)!.output.channels);
  return {
    images: images.map(() => 2 * random.uniform() - 1),
    labels: Array.from({ length: count }, (_, i) => i % classes),
  };
}

export function doubles(weights: Weights): Doubles {
  return new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]));
}

/**
 * The gradient an engine computes, read off one step of Adam without memory: with β = 0 a weight moves by
 * learningRate · g / (|g| + ε), far enough for its own rounding not to show.
 */
export async function engineGradients(
  engine: Engine,
  network: Network,
  weights: Weights,
  { images, labels, ...options }: Batch & Partial<TrainOptions>,
): Promise<Doubles> {
  const epsilon = 1e4;
  const learningRate = 1e8;
  const optimiser = { learningRate, beta1: 0, beta2: 0, epsilon };
  const trainer = await engine.train(network, weights, { optimiser, trainable: 'all', seed: 1, ...options });
  await trainer.step(images, labels);
  const after = trainer.state().weights;
  await trainer.dispose();
  const gradient = (name: string) =>
    Float64Array.from(weights.get(name)!, (before, i) => {
      const moved = before - after.get(name)![i]!;
      return (epsilon * moved) / (learningRate - Math.abs(moved));
    });
  const trained = network.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
  return new Map(trained.map((name) => [name, gradient(name)]));
}

/** Largest difference, relative to the largest expected value. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(expected, Math.abs));
  const differences = Array.from(expected, (value, i) => Math.abs(value - found[i]!));
  return Math.max(...differences) / (largest || 1);
}

export function asReference(weights: Weights, { images, labels }: Batch): ReferenceInput {
  return { weights: doubles(weights), images: Float64Array.from(images), labels };
}

/** The masks that dropout layers multiply by in a step. */
export function masksOf(
  { layers: all }: Network,
  images: number,
  step: number,
  seed = 1,
): Map<string, Float32Array> {
  const dropouts = all.filter((layer) => layer.kind === 'dropout');
  return new Map(dropouts.map((layer) => [layer.name, dropoutMask(layer, { images, seed, step })]));
}

/** The weights after three steps. */
export async function trained(
  engine: Engine,
  network: Network,
  options: Partial<TrainOptions>,
): Promise<Weights> {
  const all = { optimiser: adam, trainable: 'all', seed: 1, ...options } as const;
  const trainer = await engine.train(network, anyWeights(network), all);
  await learn(trainer, network, [1, 2, 3]);
  const { weights } = trainer.state();
  await trainer.dispose();
  return weights;
}

/** A step with the images of each seed. */
export async function learn(trainer: Trainer, network: Network, seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const { images, labels } = anyBatch(network, 6, seed);
    await trainer.step(images, labels);
  }
}

/** A hash of every byte: quicker to compare than the values. */
export function digest(tensors: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256');
  for (const [name, values] of tensors) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
