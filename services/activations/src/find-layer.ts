import { PlatformError } from '@palimpsest/contracts';
import type { Network } from '@palimpsest/networks';
import type { LayerShape } from './sampling.js';

const shownNames = 5;

/**
 * What a layer of the base puts out.
 *
 * @throws PlatformError `invalid` for a name that is none, with those most like it
 */
export function findLayer(
  { name: network, layers }: Pick<Network, 'name' | 'layers'>,
  name: string,
): LayerShape {
  const known = layers.filter(({ kind }) => kind !== 'dense');
  const layer = known.find((candidate) => candidate.name === name);
  if (layer) return { layer: name, ...layer.output };
  const near = known
    .map((candidate) => candidate.name)
    .sort((a, b) => sharedStart(b, name) - sharedStart(a, name))
    .slice(0, shownNames);
  throw new PlatformError(
    'invalid',
    `layer "${name}": expected one of the ${known.length} below the head of ${network}, such as ${near.join(', ')}`,
  );
}

/** Length of what two names have in common at their beginning; those of layers go from stage to block to part. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
