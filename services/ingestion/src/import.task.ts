import { readFile } from 'node:fs/promises';
import { PlatformError } from '@palimpsest/contracts';
import { readSafetensors, type Tensor } from '@palimpsest/formats';
import { buildNetwork, requireBaseWeights } from '@palimpsest/networks';
import type { TaskDefinition } from '@palimpsest/platform';
import { expecting } from './layouts/folder.js';

/**
 * `import`: a safetensors file of pretrained weights to the store, its bytes as they are, once every tensor of the
 * network's base is known to be in it. The head is not looked for: it is always new. Other tensors do no harm.
 */
export const importWeights: TaskDefinition<'import'> = {
  kind: 'import',
  runs: 'here',
  module: new URL('./tasks.js', import.meta.url).href,
  async run({ path, architecture }, { store }) {
    const bytes = await expecting('a safetensors file', path, readFile(path));
    // The shapes of the base depend neither on the images nor on the classes.
    const network = buildNetwork(architecture, { imageSize: 224, classes: 2, dropout: 0 });
    const base = requireBaseWeights(network, tensorsOf(bytes, path), path);
    return { weights: await store.put('weights', bytes, '.safetensors'), tensors: base.size };
  },
};

function tensorsOf(bytes: Uint8Array, path: string): Map<string, Tensor> {
  try {
    return readSafetensors(bytes).tensors;
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new PlatformError('invalid', `${path}: ${cause.message}`, { cause });
  }
}
