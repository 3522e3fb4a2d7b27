import type { TrainOptions } from '../engine.js';
import type { Layer, Network, WeightSpec } from '../network.js';

/**
 * Cuts a network into what is frozen and what learns, at one layer through which everything passes.
 *
 * @throws RangeError when the network has no such stage, or a learning layer reads past its end
 */
export function divide(
  network: Network,
  trainable: TrainOptions['trainable'],
): { frozen: Layer[]; learning: Layer[] } {
  const { layers } = network;
  const end = frozenLayers(network, trainable);
  const [frozen, learning] = [layers.slice(0, end), layers.slice(end)];
  const last = frozen.at(-1)?.name;
  const before = new Set(['images', ...frozen.map(({ name }) => name)]);
  for (const { name, inputs } of last === undefined ? [] : learning) {
    const other = inputs.find((input) => input !== last && before.has(input));
    if (other === undefined) continue;
    throw new RangeError(`${name} of ${network.name}: expected frozen input ${last}, found ${other}`);
  }
  return { frozen, learning };
}

/** How many layers are frozen. */
function frozenLayers({ name, layers, stages }: Network, trainable: TrainOptions['trainable']): number {
  if (trainable === 'all') return 0;
  if (trainable === 'head') return layers.findIndex(({ kind }) => kind === 'global-average-pool') + 1;
  const { frozenStages } = trainable;
  const stage = stages[frozenStages - 1];
  if (stage !== undefined) return layers.findIndex((layer) => layer.name === stage) + 1;
  throw new RangeError(`frozen stages of ${name}: expected 1 to ${stages.length}, found ${frozenStages}`);
}

/** Those that have none, and those whose bias a batch norm would take away again. */
export function convolutionsWithoutBias(layers: readonly Layer[]): Set<string> {
  const readersOf = (name: string) => layers.filter(({ inputs }) => inputs.includes(name));
  const normalised = (name: string) => readersOf(name).every((reader) => reader.kind === 'batch-norm');
  const without = layers.filter((layer) => layer.kind === 'conv' && (!layer.bias || normalised(layer.name)));
  return new Set(without.map(({ name }) => name));
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
