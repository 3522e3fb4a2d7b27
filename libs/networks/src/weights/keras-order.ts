import type { Layer, Network } from '../network.js';

/**
 * The layers of a network in the order in which Keras lists those of a functional model: farthest from the output
 * first, and among equally far ones the first that is met on the way back from the output.
 *
 * Reference: `map_graph` in keras/src/ops/function.py of https://github.com/keras-team/keras
 */
export function kerasLayerOrder({ layers }: Network): Layer[] {
  const distances = distancesToOutput(layers);
  const visits = visitsFromOutput(layers);
  const at = (order: ReadonlyMap<string, number>, { name }: Layer) => order.get(name) ?? 0;
  return layers
    .filter(({ name }) => visits.has(name))
    .sort((a, b) => at(distances, b) - at(distances, a) || at(visits, a) - at(visits, b));
}

/** Layers on the longest way from each to the output. Layers come after those they read. */
function distancesToOutput(layers: readonly Layer[]): Map<string, number> {
  const distances = new Map<string, number>();
  for (const { name, inputs } of [...layers].reverse()) {
    const beyond = (distances.get(name) ?? 0) + 1;
    for (const input of inputs) distances.set(input, Math.max(distances.get(input) ?? 0, beyond));
  }
  return distances;
}

/** When each layer is first met, depth first from the output, inputs in their order. */
function visitsFromOutput(layers: readonly Layer[]): Map<string, number> {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const visits = new Map<string, number>();
  const pending = layers.slice(-1);
  for (let layer = pending.pop(); layer; layer = pending.pop()) {
    if (visits.has(layer.name)) continue;
    visits.set(layer.name, visits.size);
    const inputs = layer.inputs.flatMap((name) => byName.get(name) ?? []);
    pending.push(...inputs.reverse());
  }
  return visits;
}
