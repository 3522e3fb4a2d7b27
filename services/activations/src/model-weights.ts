import type { Start } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { initialWeights, requireBaseWeights, type Network, type Weights } from '@palimpsest/networks';
import type { Store } from '@palimpsest/platform';

/**
 * Weights of a network that is only looked at: drawn from a seed, or read from the store. The head, which no
 * activation depends on, need not be there.
 *
 * @throws RangeError when the stored weights do not hold the base of the network
 */
export async function modelWeights(store: Store, network: Network, model: Start): Promise<Weights> {
  if ('random' in model) return initialWeights(network, model.random);
  const head = { ...network, weights: network.weights.filter(({ part }) => part === 'head') };
  const { tensors } = readSafetensors(await store.get(model.weights));
  return new Map([...initialWeights(head, 0), ...requireBaseWeights(network, tensors, model.weights.key)]);
}
