import type { TrainOptions } from '../engine.js';
import type { Layer, Network, WeightSpec } from '../network.js';

/** A frozen base reaches to the global average pool; what follows is the head. */
export function divide(
  { layers }: Network,
  trainable: TrainOptions['trainable'],
): { frozen: Layer[]; learning: Layer[] } {
  const end = trainable === 'all' ? 0 : layers.findIndex(({ kind }) => kind === 'global-average-pool') + 1;
  return { frozen: layers.slice(0, end), learning: layers.slice(end) };
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

/** The two parts of a tensor's name. */
export function partsOf(name: string): { layer: string; variable: string } {
  const slash = name.lastIndexOf('/');
  return { layer: name.slice(0, slash), variable: name.slice(slash + 1) };
}
