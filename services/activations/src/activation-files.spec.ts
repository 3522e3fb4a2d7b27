import { openZarrArray } from '@palimpsest/formats';
import { describe, expect, it } from 'vitest';
import { activationFiles } from './activation-files.js';
import { LayerGatherer } from './gather.js';

const sample = {
  layer: 'conv1_relu',
  height: 1,
  width: 2,
  channels: 3,
  points: 4,
  draws: [
    { images: [5, 1], channels: [2, 0] },
    { images: [1, 7], channels: [1, 2] },
  ],
};

async function filesOf(layer: LayerGatherer, attributes: Record<string, unknown>) {
  const files = new Map<string, Uint8Array>();
  for await (const [path, bytes] of activationFiles([layer], attributes)) files.set(path, bytes);
  return files;
}

describe('files of activations', () => {
  it('are a Zarr group of an array a layer, with what was drawn', async () => {
    const gatherer = new LayerGatherer(sample);
    gatherer.data.forEach((_, i) => (gatherer.data[i] = i));
    const files = await filesOf(gatherer, { architecture: 'resnet-mini' });
    expect(JSON.parse(Buffer.from(files.get('zarr.json')!).toString())).toEqual({
      zarr_format: 3,
      node_type: 'group',
      attributes: { architecture: 'resnet-mini' },
    });
    const array = await openZarrArray((path) => Promise.resolve(files.get(`conv1_relu/${path}`)));
    expect(array.shape).toEqual([2, 4, 2]);
    expect(await array.read({ start: 1, end: 2 })).toEqual(Float32Array.from([8, 9, 10, 11, 12, 13, 14, 15]));
    expect(array.dimensionNames).toEqual(['repeat', 'point', 'channel']);
    expect(array.attributes).toEqual({
      layer: 'conv1_relu',
      height: 1,
      width: 2,
      images: [
        [5, 1],
        [1, 7],
      ],
      channels: [
        [2, 0],
        [1, 2],
      ],
    });
  });

  it('have chunks of one repeat and at most 4 MiB', async () => {
    const points = 20_000;
    const many = { ...sample, height: 100, width: 100, points, channels: 64 };
    const draw = { images: [0, 1], channels: [...Array(64).keys()] };
    const gatherer = new LayerGatherer({ ...many, draws: [draw] });
    const files = await filesOf(gatherer, {});
    const array = await openZarrArray((path) => Promise.resolve(files.get(`conv1_relu/${path}`)));
    expect(array.chunkShape).toEqual([1, 16_384, 64]);
  });
});
