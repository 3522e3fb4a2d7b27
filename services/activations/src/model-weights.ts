import { PlatformError, type ArtifactRef, type Start } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { initialWeights, type Network, type Weights } from '@palimpsest/networks';
import type { Store } from '@palimpsest/platform';

/**
 * Weights of a network that is only looked at: drawn from a seed, or read from the store. The head, which no
 * activation depends on, need not be there.
 *
 * @throws PlatformError `invalid` when the stored weights lack a tensor of the base, or have it in another shape
 */
export async function modelWeights(store: Store, network: Network, model: Start): Promise<Weights> {
  if ('random' in model) return initialWeights(network, model.random);
  const head = { ...network, weights: network.weights.filter(({ part }) => part === 'head') };
  return new Map([...initialWeights(head, 0), ...(await readBase(store, network, model.weights))]);
}

async function readBase(store: Store, { name, weights }: Network, ref: ArtifactRef): Promise<Weights> {
  const { tensors } = readSafetensors(await store.get(ref));
  const base = weights.filter(({ part }) => part === 'base');
  return new Map(
    base.map((spec) => {
      const tensor = tensors.get(spec.name);
      const found = tensor ? `[${tensor.shape.join(', ')}]` : 'nothing';
      const expected = `[${spec.shape.join(', ')}]`;
      if (tensor && found === expected) return [spec.name, tensor.data];
      const message = `${ref.key}: expected "${spec.name}" of ${name} in shape ${expected}, found ${found}`;
      throw new PlatformError('invalid', message);
    }),
  );
}
