import { createHash } from 'node:crypto';
import { writeSafetensors } from '@palimpsest/formats';
import { namedTensors } from '@palimpsest/networks';
import type { TaskDefinition } from '@palimpsest/platform';
import {
  baseOf,
  openWeights,
  requireSameNetwork,
  type ImportedBase,
  type OpenedWeights,
} from './read-weight-file.js';

/**
 * `import`: a file of pretrained weights to the store, once every tensor of the network's base is known to be in it.
 * A safetensors file with our names is kept as it is; from any other form the base is written as safetensors, with the
 * hash of the file in its metadata. The head is not looked for: it is always new. Other tensors do no harm.
 */
export const importWeights: TaskDefinition<'import'> = {
  kind: 'import',
  runs: 'here',
  module: new URL('./tasks.js', import.meta.url).href,
  async run({ path, architecture, acceptDifferences }, { store }) {
    const opened = await openWeights(path);
    const base = await baseOf(path, opened, architecture);
    requireSameNetwork(path, base, acceptDifferences ?? false);
    const bytes = base.unchanged && opened.format === 'safetensors' ? opened.bytes : encode(base, opened);
    return { weights: await store.put('weights', bytes, '.safetensors'), tensors: base.weights.size };
  },
};

function encode({ network, weights, naming, format }: ImportedBase, { bytes }: OpenedWeights): Uint8Array {
  const base = { weights: network.weights.filter(({ name }) => weights.has(name)) };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return writeSafetensors(namedTensors(base, weights), {
    architecture: network.name,
    format,
    naming,
    sha256,
  });
}
