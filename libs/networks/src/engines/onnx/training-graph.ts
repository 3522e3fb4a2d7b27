import type { TrainOptions } from '../../engine.js';
import type { DropoutLayer, Layer, Network, Weights, WeightSpec } from '../../network.js';
import { sizeOf } from '../../size-of.js';
import {
  convolutionsWithoutBias,
  divide,
  layersReadOnce,
  partsOf,
  trainedTensors,
  type Division,
} from '../learning.js';
import type { Graph } from './graph.js';
import { InferenceGraph } from './inference-graph.js';
import { writeNorms } from './gradient-norms.js';
import { channelsLast } from './layout.js';
import { writeLoss } from './losses.js';
import { stepScalars, writeStep } from './optimiser.js';
import { matrixShape, packTogether, packWeights, type Pack } from './packs.js';
import { trainLayer } from './rules/rules.js';
import { allowTiles } from './rules/tiled.js';
import { Tape, type Value } from './tape.js';

/** A training step as a graph, and the tensors it takes and gives back besides images, labels and loss. */
export interface TrainingGraph {
  model: Uint8Array;
  /** Tensors that learn, with their moments. */
  packs: readonly Pack[];
  /** Moving means and variances; null when all batch norms are frozen. */
  statistics: Pack | null;
  /** Layers whose masks the step takes. */
  dropouts: readonly DropoutLayer[];
  /** Stages that learn, in the order of the output `gradientNorms`. */
  stages: readonly string[];
}

/**
 * Writes forward pass, loss, backward pass, optimiser and moving statistics as one graph of ordinary operators. The number
 * of images is left open. What is frozen runs in inference mode with constant weights and gets no gradient.
 */
export function writeTraining(network: Network, weights: Weights, options: TrainOptions): TrainingGraph {
  const division = divide(network, options.trainable);
  const { learning } = division;
  const biasless = convolutionsWithoutBias(learning);
  const readOnce = layersReadOnce(learning);
  const { threads = 1, lowMemory = false } = options;
  const tiles = allowTiles(learning);
  const tape = new Tape('inverseImages', { biasless, readOnce, tiles, threads, rebuild: lowMemory });
  const { graph } = tape;
  graph.input('inverseImages', []);
  for (const name of stepScalars(options.optimiser, { learningRate: 1, step: 1 }).keys())
    graph.input(name, []);
  const packs = packWeights(trainedTensors(network, learning, biasless));
  for (const pack of packs) takePack(tape, pack);

  const values = new Map(begin(graph, network, division, weights));
  for (const layer of learning) values.set(layer.name, trainLayer(tape, layer, inputsOf(layer, values)));
  const last = learning.at(-1);
  if (last?.kind !== 'dense') throw new RangeError('last layer of a network: expected a dense one');
  writeLoss(tape, values.get(last.name) as Value, { ...options.loss, activation: last.activation });
  tape.backward();
  const gathered = options.accumulates ? addToGathered : onlyThis;
  if (options.accumulates) graph.input('share', []);
  const gradients = new Map(packs.map((pack) => [pack, gathered(graph, pack, gradientOf(tape, pack))]));
  for (const [pack, gradient] of gradients) writeStep(graph, pack, gradient, options.optimiser);
  const stages = writeNorms(graph, network, gradients);
  const statistics = writeStatistics(tape, network, weights);
  const dropouts = learning.filter((layer) => layer.kind === 'dropout');
  return { model: graph.encode(), packs, statistics, dropouts, stages };
}

/** Declares a pack as an input and makes its tensors known to the layers. */
function takePack(tape: Tape, pack: Pack): void {
  const { graph } = tape;
  const input = graph.input(`w/${pack.name}`, pack.shape);
  const [only] = pack.members;
  if (pack.shape.length === 2 && only) {
    tape.defineWeight(only.name, input);
    return;
  }
  const pieces = pack.members.map((spec) => ({ name: `piece/${spec.name}`, length: sizeOf(spec.shape) }));
  graph.split(input, pieces);
  for (const spec of pack.members) {
    const piece = `piece/${spec.name}`;
    const matrix =
      spec.shape.length === 1 ? piece : graph.node('Reshape', [piece, graph.integers(matrixShape(spec))]);
    tape.defineWeight(spec.name, matrix);
  }
}

/** What learning layers read first: the images, and what frozen layers make of them. */
function begin(
  graph: Graph,
  network: Network,
  { frozen, inputs }: Division,
  weights: Weights,
): [string, Value][] {
  const { height, width, channels } = network.input;
  const images = graph.input('images', ['n', height, width, channels]);
  const base = new InferenceGraph(graph, weights);
  if (frozen.length > 0) base.begin(images, network.input);
  base.add(frozen);
  return inputs.map((input) => {
    const layer = frozen.find(({ name }) => name === input);
    if (layer) return [input, { name: asRows(graph, base.valueOf(input), layer), shape: layer.output }];
    const name = graph.node('Reshape', [images, graph.integers([-1, channels])]);
    return [input, { name, shape: network.input }];
  });
}

/** n × channels × height × width as a row for each point of each image. */
function asRows(graph: Graph, value: string, { kind, output }: Layer): string {
  return kind === 'global-average-pool' ? graph.node('Flatten', [value]) : channelsLast(graph, value, output);
}

function inputsOf(layer: Layer, values: ReadonlyMap<string, Value>): Value[] {
  return layer.inputs.map((input) => {
    const value = values.get(input);
    if (!value)
      throw new RangeError(`layer ${layer.name}: expected input ${input} to come before it, found none`);
    return value;
  });
}

const onlyThis = (_graph: Graph, _pack: Pack, gradient: string) => gradient;

/** What parts of a step have gathered before, and the share of this one: reads `g/<pack>` and gives `next/g/<pack>`. */
function addToGathered(graph: Graph, pack: Pack, gradient: string): string {
  const before = graph.input(`g/${pack.name}`, pack.shape);
  const own = graph.node('Mul', [gradient, 'share']);
  const sum = graph.node('Add', [before, own], {}, `next/g/${pack.name}`);
  graph.output(sum, pack.shape);
  return sum;
}

function gradientOf(tape: Tape, pack: Pack): string {
  const gradients = pack.members.map(({ name }) => {
    const gradient = tape.weightGradients.get(name);
    if (gradient === undefined)
      throw new RangeError(`weight ${name}: expected the loss to depend on it, found no path`);
    return gradient;
  });
  const { graph } = tape;
  if (pack.shape.length === 2) return gradients.join();
  const flat = gradients.map((gradient) => graph.node('Reshape', [gradient, graph.integers([-1])]));
  return graph.node('Concat', flat, { axis: 0 });
}

/** Moves the statistics: s ← momentum · s + (1 − momentum) · what the batch showed. */
function writeStatistics(tape: Tape, network: Network, weights: Weights): Pack | null {
  if (tape.statistics.length === 0) return null;
  const { graph } = tape;
  const specs = new Map(network.weights.map((spec) => [spec.name, spec]));
  const members = tape.statistics.flatMap(({ layer }) =>
    ['moving_mean', 'moving_variance'].map((variable) => specs.get(`${layer}/${variable}`) as WeightSpec),
  );
  const pack = packTogether('statistics', members);
  const batch = graph.node(
    'Concat',
    tape.statistics.flatMap(({ mean, variance }) => [mean, variance]),
    { axis: 0 },
  );
  const constants = statisticsConstants(network, weights, members, tape.options.biasless);
  const [momentum, rest, offset] = (['momentum', 'rest', 'offset'] as const).map((name) =>
    graph.constant(`statistics/${name}`, pack.shape, () => constants[name]),
  ) as [string, string, string];
  const kept = graph.node('Mul', [graph.input('w/statistics', pack.shape), momentum]);
  const seen = graph.node('Mul', [graph.node('Add', [batch, offset]), rest]);
  graph.output(graph.node('Add', [kept, seen], {}, 'next/w/statistics'), pack.shape);
  return pack;
}

/** Per value: the momentum, what is left to 1, and the bias that was not added before the batch norm took it away. */
function statisticsConstants(
  network: Network,
  weights: Weights,
  members: readonly WeightSpec[],
  biasless: ReadonlySet<string>,
): Record<'momentum' | 'rest' | 'offset', Float32Array> {
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const rows = members.map((spec) => {
    const { layer: name, variable } = partsOf(spec.name);
    const layer = layers.get(name);
    const momentum = layer?.kind === 'batch-norm' ? layer.momentum : 1;
    const conv = layer?.inputs[0] ?? '';
    const bias = variable === 'moving_mean' && biasless.has(conv) ? weights.get(`${conv}/bias`) : undefined;
    return { momentum, offset: bias ?? new Float32Array(sizeOf(spec.shape)) };
  });
  const perValue = rows.flatMap(({ momentum, offset }) => Array.from(offset, () => momentum));
  return {
    momentum: Float32Array.from(perValue),
    rest: Float32Array.from(perValue, (momentum) => 1 - momentum),
    offset: Float32Array.from(rows.flatMap(({ offset }) => [...offset])),
  };
}
