import { PlatformError, type ArtifactRef, type Start } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { initialWeights, type Network, type Weights, type WeightSpec } from '@palimpsest/networks';
import type { Store } from '@palimpsest/platform';

/**
 * Weights that a training begins with: the base drawn from a seed or read from the store, the head always drawn.
 *
 * @throws PlatformError `invalid` when the stored weights lack a tensor of the base, or have it in another shape
 */
export async function startWeights(
  store: Store,
  network: Network,
  { start, headSeed }: { start: Start; headSeed: number },
): Promise<Weights> {
  const base = partOf(network, 'base');
  const weights =
    'random' in start ? initialWeights(base, start.random) : await readWeights(store, base, start.weights);
  return new Map([...weights, ...initialWeights(partOf(network, 'head'), headSeed)]);
}

function partOf(network: Network, part: WeightSpec['part']): Network {
  return { ...network, weights: network.weights.filter((spec) => spec.part === part) };
}

/** Other tensors of the file, such as its head, are left alone. */
async function readWeights(store: Store, { name, weights }: Network, ref: ArtifactRef): Promise<Weights> {
  const { tensors } = readSafetensors(await store.get(ref));
  return new Map(
    weights.map((spec) => {
      const tensor = tensors.get(spec.name);
      const found = tensor ? `[${tensor.shape.join(', ')}]` : 'nothing';
      const expected = `[${spec.shape.join(', ')}]`;
      if (tensor && found === expected) return [spec.name, tensor.data];
      const message = `${ref.key}: expected "${spec.name}" of ${name} in shape ${expected}, found ${found}`;
      throw new PlatformError('invalid', message);
    }),
  );
}
