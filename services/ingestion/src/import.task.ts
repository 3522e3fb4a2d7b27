import { readFile } from 'node:fs/promises';
import { PlatformError, type TaskInput } from '@palimpsest/contracts';
import { readSafetensors, type Tensor } from '@palimpsest/formats';
import { buildNetwork } from '@palimpsest/networks';
import type { TaskDefinition } from '@palimpsest/platform';
import { expecting } from './layouts/folder.js';
import { listNames } from './list-names.js';

type Architecture = TaskInput<'import'>['architecture'];

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
    const tensors = checkTensors(tensorsOf(bytes, path), architecture, path);
    return { weights: await store.put('weights', bytes, '.safetensors'), tensors };
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

/** @returns how many tensors the base has; their shapes depend neither on the images nor on the classes */
function checkTensors(
  tensors: ReadonlyMap<string, Tensor>,
  architecture: Architecture,
  path: string,
): number {
  const { weights } = buildNetwork(architecture, { imageSize: 224, classes: 2, dropout: 0 });
  const base = weights.filter(({ part }) => part === 'base');
  const faults = base.flatMap(({ name, shape }) => faultOf(name, shape, tensors.get(name)));
  if (faults.length > 0) {
    const heading = `${path}: expected the tensors of ${architecture}, found ${faults.length} of ${base.length} at fault`;
    throw new PlatformError('invalid', `${heading}: ${listNames(faults)}`);
  }
  return base.length;
}

function faultOf(name: string, shape: readonly number[], tensor: Tensor | undefined): string[] {
  const expected = `[${shape.join(', ')}]`;
  if (!tensor) return [`${name} (expected ${expected}, found nothing)`];
  const found = `[${tensor.shape.join(', ')}]`;
  if (found !== expected) return [`${name} (expected ${expected}, found ${found})`];
  const odd = tensor.data.find((value) => !Number.isFinite(value));
  return odd === undefined ? [] : [`${name} (expected finite numbers, found ${odd})`];
}
