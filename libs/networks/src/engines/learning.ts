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

/** Convolutions that only batch norms read: their bias changes nothing, as each batch norm takes it away again. */
export function normalisedConvolutions(layers: readonly Layer[]): Set<string> {
  const readersOf = (name: string) => layers.filter(({ inputs }) => inputs.includes(name));
  const normalised = layers.filter(
    ({ kind, name }) => kind === 'conv' && readersOf(name).every((reader) => reader.kind === 'batch-norm'),
  );
  return new Set(normalised.map(({ name }) => name));
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
