import type { Network, Weights } from './network.js';
import type { StoredTensor } from './weights/stored-tensor.js';

const shownFaults = 5;

/**
 * The weights of a network's base, out of the tensors of a file. Others, such as those of a head, are left alone.
 *
 * @param file what to call the file in an error
 * @param originals names in the file by ours, where they differ; errors tell both
 * @throws RangeError when tensors of the base are missing, of another shape or not finite, naming each with what was
 *   expected and found
 */
export function requireBaseWeights(
  { name: network, weights }: Network,
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
  originals: ReadonlyMap<string, string> = new Map(),
): Weights {
  const base = weights.filter(({ part }) => part === 'base');
  const found: Weights = new Map();
  const faults: string[] = [];
  for (const { name, shape } of base) {
    const tensor = tensors.get(name);
    const fault = faultOf(shape, tensor);
    const original = originals.get(name);
    const called = original === undefined ? name : `${name}, there ${original}`;
    if (fault !== undefined) faults.push(`${called} (${fault})`);
    else if (tensor) found.set(name, tensor.data);
  }
  if (faults.length === 0) return found;
  const heading = `${file}: expected the tensors of ${network}, found ${faults.length} of ${base.length} at fault`;
  throw new RangeError(`${heading}: ${listed(faults)}`);
}

function faultOf(shape: readonly number[], tensor: StoredTensor | undefined): string | undefined {
  const expected = `[${shape.join(', ')}]`;
  if (!tensor) return `expected ${expected}, found nothing`;
  const found = `[${tensor.shape.join(', ')}]`;
  if (found !== expected) return `expected ${expected}, found ${found}`;
  const odd = tensor.data.find((value) => !Number.isFinite(value));
  return odd === undefined ? undefined : `expected finite numbers, found ${odd}`;
}

function listed(faults: readonly string[]): string {
  const shown = faults.slice(0, shownFaults).join(', ');
  return faults.length > shownFaults ? `${shown} and ${faults.length - shownFaults} more` : shown;
}
