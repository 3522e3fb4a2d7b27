import { writeZarrArray } from '@palimpsest/formats';
import type { LayerGatherer } from './gather.js';

/** Uncompressed bytes of a chunk, at most: what a reader of a few points has to decode. */
const chunkBytes = 4 * 2 ** 20;

/**
 * A Zarr v3 group with one float32 array a layer, repeats × points × channels. Points are those of the drawn images
 * one after the other, each row by row; the attributes of a layer say which images and channels they are.
 *
 * @returns relative path and bytes of one file after the other
 */
export async function* activationFiles(
  layers: readonly LayerGatherer[],
  attributes: Record<string, unknown>,
): AsyncGenerator<[path: string, bytes: Uint8Array]> {
  const group = { zarr_format: 3, node_type: 'group', attributes };
  yield ['zarr.json', new TextEncoder().encode(JSON.stringify(group, null, 2))];
  for (const { sample, shape, data } of layers) {
    const [, points, channels] = shape;
    const array = await writeZarrArray({
      shape,
      chunkShape: [1, Math.min(points, Math.max(1, Math.floor(chunkBytes / (4 * channels)))), channels],
      dataType: 'float32',
      data,
      dimensionNames: ['repeat', 'point', 'channel'],
      attributes: {
        layer: sample.layer,
        height: sample.height,
        width: sample.width,
        images: sample.draws.map((draw) => draw.images),
        channels: sample.draws.map((draw) => draw.channels),
      },
    });
    for (const [path, bytes] of array) yield [`${sample.layer}/${path}`, bytes];
  }
}
