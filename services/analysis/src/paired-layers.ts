import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '@palimpsest/contracts';
import { openZarrArray, type ZarrArray } from '@palimpsest/formats';
import type { Activations } from '@palimpsest/numerics';
import type { Tree } from '@palimpsest/platform';

/** One layer of two networks: repeats × points × channels in both, of which one repeat is read at a time. */
export interface PairedLayer {
  layer: string;
  repeats: number;
  points: number;
  channels: number;
  /** Activations of both networks at the same points, points × channels; the first repeat is 0. */
  read(repeat: number): Promise<{ x: Activations; y: Activations }>;
}

const description = '/zarr.json';

/**
 * The layers of two Zarr groups, an array each, in alphabetical order.
 *
 * @throws PlatformError `invalid` when the two do not hold the same layers in the same shapes, or by their
 *   attributes come from other images or channels: a similarity of them would mean nothing
 */
export async function pairLayers(a: Tree, b: Tree): Promise<PairedLayer[]> {
  const stimuli = await Promise.all([stimuliOf(a), stimuliOf(b)]);
  if (stimuli[0] !== stimuli[1]) {
    const found = stimuli.map(String).join(' and ');
    throw new PlatformError('invalid', `activations to compare: expected the same stimuli, found ${found}`);
  }
  const [first, second] = [layersOf(a), layersOf(b)];
  if (first.length === 0 || first.join() !== second.join()) {
    const found = `${first.join(', ') || 'none'} and ${second.join(', ') || 'none'}`;
    throw new PlatformError(
      'invalid',
      `activations to compare: expected the same layers in both, found ${found}`,
    );
  }
  return Promise.all(first.map((layer) => pair(layer, a, b)));
}

function layersOf({ paths }: Tree): string[] {
  return paths
    .filter((path) => path.endsWith(description))
    .map((path) => path.slice(0, -description.length))
    .sort();
}

async function pair(layer: string, a: Tree, b: Tree): Promise<PairedLayer> {
  const [first, second] = await Promise.all([open(layer, a), open(layer, b)]);
  if (first.shape.length !== 3 || !first.shape[0] || first.shape.join() !== second.shape.join()) {
    const found = `[${first.shape.join(', ')}] and [${second.shape.join(', ')}]`;
    throw new PlatformError(
      'invalid',
      `layer ${layer}: expected repeats × points × channels, the same in both, found ${found}`,
    );
  }
  if (!isDeepStrictEqual(first.attributes, second.attributes)) {
    throw new PlatformError(
      'invalid',
      `layer ${layer}: expected the same images and channels in both, found others`,
    );
  }
  const [repeats = 0, points = 0, channels = 0] = first.shape;
  const take = async (array: ZarrArray, repeat: number): Promise<Activations> => {
    const data = await array.read({ start: repeat, end: repeat + 1 });
    return { rows: points, cols: channels, data: data as Float32Array };
  };
  return {
    layer,
    repeats,
    points,
    channels,
    read: async (repeat) => ({ x: await take(first, repeat), y: await take(second, repeat) }),
  };
}

/** The manifest whose images a group comes from, as its attributes say. */
async function stimuliOf(tree: Tree): Promise<unknown> {
  const bytes = await tree.read('zarr.json');
  if (!bytes) throw new PlatformError('invalid', 'activations to compare: expected a Zarr group, found none');
  const { attributes } = JSON.parse(new TextDecoder().decode(bytes)) as {
    attributes?: { stimuli?: unknown };
  };
  return attributes?.stimuli;
}

async function open(layer: string, tree: Tree): Promise<ZarrArray> {
  const array = await openZarrArray((path) => tree.read(`${layer}/${path}`));
  if (array.dataType === 'uint8') {
    throw new PlatformError('invalid', `layer ${layer}: expected float32 or float16, found uint8`);
  }
  return array;
}
