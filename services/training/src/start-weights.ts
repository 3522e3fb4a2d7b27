import type { Start } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import {
  initialWeights,
  requireBaseWeights,
  type Network,
  type Weights,
  type WeightSpec,
} from '@palimpsest/networks';
import type { Store } from '@palimpsest/platform';

/**
 * Weights that a training begins with: the base drawn from a seed or read from the store, the head always drawn.
 *
 * @throws RangeError when the stored weights do not hold the base of the network
 */
export async function startWeights(
  store: Store,
  network: Network,
  { start, headSeed }: { start: Start; headSeed: number },
): Promise<Weights> {
  const weights = await baseWeights(store, network, start);
  return new Map([...weights, ...initialWeights(partOf(network, 'head'), headSeed)]);
}

async function baseWeights(store: Store, network: Network, start: Start): Promise<Weights> {
  if ('random' in start) return initialWeights(partOf(network, 'base'), start.random);
  const { tensors } = readSafetensors(await store.get(start.weights));
  return requireBaseWeights(network, tensors, start.weights.key);
}

function partOf(network: Network, part: WeightSpec['part']): Network {
  return { ...network, weights: network.weights.filter((spec) => spec.part === part) };
}
