import type { TrainOptions } from '../engine.js';
import type { Layer, Network, WeightSpec } from '../network.js';
import { kerasLayerOrder } from '../weights/keras-order.js';

/** A network in two parts, each in the order of its layers. */
export interface Division {
  /** Reads nothing of what learns. */
  frozen: Layer[];
  learning: Layer[];
  /** What learning layers read that none of them makes: frozen layers, or `images`. */
  inputs: string[];
}

/**
 * Tells what is frozen from what learns.
 *
 * @throws RangeError when the network has no such stage, or not so many layers
 */
export function divide(network: Network, trainable: TrainOptions['trainable']): Division {
  const { layers } = network;
  const names = learningLayers(network, trainable);
  const learning = layers.filter(({ name }) => names.has(name));
  const inputs = new Set(learning.flatMap((layer) => layer.inputs.filter((input) => !names.has(input))));
  return { frozen: layers.filter(({ name }) => !names.has(name)), learning, inputs: [...inputs] };
}

function learningLayers(network: Network, trainable: TrainOptions['trainable']): Set<string> {
  if (typeof trainable === 'object' && 'topLayers' in trainable)
    return topLayers(network, trainable.topLayers);
  return new Set(network.layers.slice(frozenLayers(network, trainable)).map(({ name }) => name));
}

/** How many of the first layers are frozen. */
function frozenLayers(
  { name, layers, stages }: Network,
  trainable: 'all' | 'head' | { frozenStages: number },
): number {
  if (trainable === 'all') return 0;
  if (trainable === 'head') return layers.findIndex(({ kind }) => kind === 'global-average-pool') + 1;
  const { frozenStages } = trainable;
  const stage = stages[frozenStages - 1];
  if (stage !== undefined) return layers.findIndex((layer) => layer.name === stage) + 1;
  throw new RangeError(`frozen stages of ${name}: expected 1 to ${stages.length}, found ${frozenStages}`);
}

/** The last so many layers with weights, dropout, and all that reads any of them. */
function topLayers(network: Network, count: number): Set<string> {
  const weighted = layersWithWeights(network);
  if (!Number.isInteger(count) || count < 1 || count > weighted.length)
    throw new RangeError(`top layers of ${network.name}: expected 1 to ${weighted.length}, found ${count}`);
  const learning = new Set(weighted.slice(-count));
  for (const { name, kind, inputs } of network.layers)
    if (kind === 'dropout' || inputs.some((input) => learning.has(input))) learning.add(name);
  return learning;
}

/** Convolutions, batch norms and dense layers, in the order in which Keras lists them. */
export function layersWithWeights(network: Network): string[] {
  const owners = new Set(network.weights.map(({ name }) => partsOf(name).layer));
  return kerasLayerOrder(network).flatMap(({ name }) => (owners.has(name) ? [name] : []));
}

/** Those that have none, and those whose bias a batch norm would take away again. */
export function convolutionsWithoutBias(layers: readonly Layer[]): Set<string> {
  const readersOf = (name: string) => layers.filter(({ inputs }) => inputs.includes(name));
  const normalised = (name: string) => readersOf(name).every((reader) => reader.kind === 'batch-norm');
  const without = layers.filter((layer) => layer.kind === 'conv' && (!layer.bias || normalised(layer.name)));
  return new Set(without.map(({ name }) => name));
}

/** Names of layers that one other layer reads. */
export function layersReadOnce(layers: readonly Layer[]): Set<string> {
  const reads = layers.flatMap(({ inputs }) => inputs);
  return new Set(reads.filter((name) => reads.indexOf(name) === reads.lastIndexOf(name)));
}

/** The tensors that a gradient changes. */
export function trainedTensors(
  network: Network,
  learning: readonly Layer[],
  biasless: ReadonlySet<string>,
): WeightSpec[] {
  const names = new Set(learning.map(({ name }) => name));
  return network.weights.filter(({ name, trainable }) => {
    const { layer, variable } = partsOf(name);
    return trainable && names.has(layer) && !(variable === 'bias' && biasless.has(layer));
  });
}

/** Tensors by the stage that their layer belongs to, in the order of the stages; `head` is what follows the last. */
export function byStage(
  { layers, stages }: Network,
  tensors: readonly WeightSpec[],
): Map<string, WeightSpec[]> {
  const places = new Map(layers.map(({ name }, i) => [name, i]));
  const placeOf = (layer: string) => places.get(layer) ?? 0;
  const stageOf = ({ name }: WeightSpec) =>
    stages.find((stage) => placeOf(partsOf(name).layer) <= placeOf(stage)) ?? 'head';
  const groups = [...stages, 'head'].map(
    (stage) => [stage, tensors.filter((spec) => stageOf(spec) === stage)] as const,
  );
  return new Map(groups.filter(([, members]) => members.length > 0));
}

/** The two parts of a tensor's name. */
export function partsOf(name: string): { layer: string; variable: string } {
  const slash = name.lastIndexOf('/');
  return { layer: name.slice(0, slash), variable: name.slice(slash + 1) };
}
