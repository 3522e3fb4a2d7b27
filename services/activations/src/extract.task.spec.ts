import { onnxOnProcessors, type Manifest, type TaskInput, type TaskOutput } from '@palimpsest/contracts';
import { encodePixels, openZarrArray, readNpy, writeSafetensors, type Tensor } from '@palimpsest/formats';
import { preprocess } from '@palimpsest/images';
import { buildNetwork, initialWeights, onnxEngine } from '@palimpsest/networks';
import { openStore, runTask, taskId, type Store } from '@palimpsest/platform/work';
import { beforeAll, describe, expect, it } from 'vitest';
import { definitions } from './tasks.js';

type ExtractInput = TaskInput<'extract'>;
type ExtractOutput = TaskOutput<'extract'>;

const imageSize = 32;
const images = 70;
const pixels = Uint8Array.from({ length: images * imageSize * imageSize * 3 }, (_, i) => (i * 7919) % 256);
const network = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0 });

async function aDataset(store: Store): Promise<Pick<ExtractInput, 'manifest' | 'pixels'>> {
  async function* blocks() {
    yield await Promise.resolve(pixels);
  }
  const manifest: Manifest = {
    layout: 'csv',
    imageSize,
    classes: ['a', 'b'],
    folds: 2,
    group: 'none',
    seed: 2,
    holdout: 'shared',
    images: Array.from({ length: images }, (_, i) => ({
      path: `${i}.png`,
      label: 'a',
      class: 0,
      patient: null,
      fold: 1,
      role: 'both',
      width: imageSize,
      height: imageSize,
      sha256: '0'.repeat(64),
    })),
    audit: { patients: null, merged: [], excluded: [], duplicates: [], warnings: [] },
  };
  return {
    manifest: await store.putJson('manifests', manifest),
    pixels: await store.putTree('pixels/synthetic', encodePixels({ images, imageSize }, blocks())),
  };
}

async function run(store: Store, input: ExtractInput, threads = 1): Promise<ExtractOutput> {
  const order = { taskId: taskId('extract', input), kind: 'extract', input } as const;
  const { signal } = new AbortController();
  const done = await runTask(definitions[0]!, order, { store, threads, signal, progress: () => undefined });
  return done.output as ExtractOutput;
}

async function openLayer(store: Store, { activations }: ExtractOutput, layer: string) {
  const tree = await store.openTree(activations);
  return openZarrArray((path) => tree.read(`${layer}/${path}`));
}

describe('extraction', () => {
  let store: Store;
  let input: ExtractInput;
  let output: ExtractOutput;

  beforeAll(async () => {
    store = openStore('memory:');
    input = {
      ...(await aDataset(store)),
      architecture: 'resnet-mini',
      preprocessing: 'torch',
      imageSize,
      model: { random: 3 },
      layers: null,
      points: 600,
      channels: 20,
      repeats: 2,
      seed: 9,
    };
    output = await run(store, input);
  });

  it('takes the five stages, as many images as give the points, and the channels there are', () => {
    expect(output.layers.map(({ layer }) => layer)).toEqual(network.stages);
    expect(output.layers[0]).toEqual({
      layer: 'conv1_relu',
      points: 512,
      channels: 16,
      images: 2,
      height: 16,
      width: 16,
    });
    expect(output.layers[4]).toEqual({
      layer: 'conv5_block1_out',
      points: 280,
      channels: 20,
      images: 70,
      height: 2,
      width: 2,
    });
  });

  it('stores what the network puts out for the drawn images and channels', async () => {
    const predictor = await onnxEngine.infer(network, initialWeights(network, 3), { taps: network.stages });
    for (const { layer, points, channels, height, width } of output.layers) {
      const array = await openLayer(store, output, layer);
      expect(array.shape).toEqual([2, points, channels]);
      const drawn = array.attributes as { images: number[][]; channels: number[][] };
      const found = await array.read({ start: 1, end: 2 });
      // The last image of the second repeat, alone in its pass.
      const image = drawn.images[1]!.at(-1)!;
      const one = preprocess(
        pixels.subarray(image * imageSize ** 2 * 3, (image + 1) * imageSize ** 2 * 3),
        'torch',
      );
      const tap = (await predictor.run(one)).taps.get(layer)!;
      const all = tap.shape[3];
      const expected = Float32Array.from({ length: height * width * channels }, (_, at) => {
        return tap.data[Math.floor(at / channels) * all + drawn.channels[1]![at % channels]!]!;
      });
      const last = found.subarray(found.length - expected.length);
      last.forEach((value, at) => expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-5));
      expect(last.some((value) => value > 0)).toBe(true);
      expect(last.every((value) => value >= 0)).toBe(true);
    }
    await predictor.dispose();
  });

  it('is made by ONNX Runtime, whatever trains networks', async () => {
    const order = { taskId: 'another', kind: 'extract', input } as const;
    const { signal } = new AbortController();
    const engine = { ...onnxOnProcessors, name: 'tensorflow', tensorflowHome: '/nowhere' } as const;
    const surroundings = { store, threads: 1, engine, signal, progress: () => undefined };
    const { layers } = (await runTask(definitions[0]!, order, surroundings)).output as ExtractOutput;
    expect(layers).toEqual(output.layers);
  });

  it('says in the group what the activations came from', async () => {
    const tree = await store.openTree(output.activations);
    const { attributes } = JSON.parse(Buffer.from((await tree.read('zarr.json'))!).toString()) as Record<
      string,
      unknown
    >;
    expect(attributes).toEqual({
      architecture: 'resnet-mini',
      preprocessing: 'torch',
      imageSize,
      seed: 9,
      points: 600,
      channels: 20,
      repeats: 2,
      model: { random: 3 },
      stimuli: input.manifest.sha256,
    });
  });

  it('gives the kernel of the first convolution', async () => {
    const { shape, data } = readNpy(await store.get(output.filters));
    expect(shape).toEqual([3, 3, 3, 16]);
    expect(data).toEqual(initialWeights(network, 3).get('conv1_conv/kernel'));
  });

  it('gives the same bytes again, and with two threads', async () => {
    for (const threads of [1, 2]) {
      const elsewhere = openStore('memory:');
      await aDataset(elsewhere);
      expect(await run(elsewhere, input, threads)).toEqual(output);
    }
  });

  it('shows every network the same images and channels', async () => {
    const other = await run(store, { ...input, model: { random: 4 }, preprocessing: 'caffe' });
    for (const { layer } of output.layers) {
      const [a, b] = [await openLayer(store, output, layer), await openLayer(store, other, layer)];
      expect(b.attributes).toEqual(a.attributes);
      expect((await b.read()).every((value, i) => value === i)).toBe(false);
    }
    expect(other.activations.listing.sha256).not.toBe(output.activations.listing.sha256);
  });

  it('reads stored weights, whatever their head, even none', async () => {
    const drawn = initialWeights(network, 3);
    const tensors = network.weights
      .filter(({ part }) => part === 'base')
      .map(({ name, shape }): [string, Tensor] => [name, { shape: [...shape], data: drawn.get(name)! }]);
    const weights = await store.put('weights', writeSafetensors(new Map(tensors)), '.safetensors');
    const stored = await run(store, { ...input, model: { weights } });
    for (const { layer } of output.layers) {
      const [a, b] = [await openLayer(store, output, layer), await openLayer(store, stored, layer)];
      const [x, y] = [await a.read(), await b.read()];
      expect(Buffer.compare(Buffer.from(x.buffer), Buffer.from(y.buffer))).toBe(0);
    }
  });

  it('refuses stored weights that lack a tensor of the base, by name', async () => {
    const weights = await store.put('weights', writeSafetensors(new Map()), '.safetensors');
    await expect(run(store, { ...input, model: { weights } })).rejects.toThrow(
      `${weights.key}: expected the tensors of resnet-mini, found`,
    );
  });

  it('takes other layers by name, and refuses one that is none', async () => {
    const { layers } = await run(store, { ...input, layers: ['avg_pool', 'conv2_block1_1_relu'] });
    expect(layers.map(({ layer, images: n, height }) => [layer, n, height])).toEqual([
      ['avg_pool', 70, 1],
      ['conv2_block1_1_relu', 9, 8],
    ]);
    await expect(run(store, { ...input, layers: ['conv2_block1'] })).rejects.toThrow(
      'layer "conv2_block1": expected',
    );
  });
});
