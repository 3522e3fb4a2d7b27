import {
  manifestSchema,
  onnxOnProcessors,
  PlatformError,
  type TaskInput,
  type TaskOutput,
} from '@palimpsest/contracts';
import { openPixels, writeNpy, type Pixels } from '@palimpsest/formats';
import { buildNetwork, openEngine, type Network, type Weights } from '@palimpsest/networks';
import type { Store, TaskContext } from '@palimpsest/platform';
import { activationFiles } from './activation-files.js';
import { findLayer } from './find-layer.js';
import { gatherLayers } from './gather-layers.js';
import type { LayerGatherer } from './gather.js';
import { modelWeights } from './model-weights.js';
import { sampleLayer, type LayerSample } from './sampling.js';

type ExtractInput = TaskInput<'extract'>;

/**
 * Reads the activations of a network on drawn images, layer by layer, and the filters of its first convolution. Always
 * with ONNX Runtime on processors, so that networks are measured alike, whatever trained them and wherever.
 */
export async function extract(input: ExtractInput, context: TaskContext): Promise<TaskOutput<'extract'>> {
  const { store, taskId } = context;
  const pixels = await openStimuli(store, input);
  // The classes of the head decide no activation, so it stands for any.
  const network = buildNetwork(input.architecture, { imageSize: input.imageSize, classes: 2, dropout: 0 });
  const samples = samplesOf(network, input, pixels.images);
  const weights = await modelWeights(store, network, input.model);
  const { preprocessing } = input;
  const layers = await gatherLayers(samples, pixels, {
    engine: openEngine(onnxOnProcessors),
    network,
    weights,
    preprocessing,
    context,
  });
  const files = activationFiles(layers, attributesOf(input));
  return {
    activations: await store.putTree(`activations/${taskId}`, files),
    layers: layers.map(describeLayer),
    filters: await store.put('filters', filtersOf(network, weights), '.npy'),
  };
}

/** @throws PlatformError `corrupt` when manifest and pixels are not of the same images */
async function openStimuli(store: Store, input: ExtractInput): Promise<Pixels> {
  const { images } = await store.getJson(input.manifest, manifestSchema);
  const tree = await store.openTree(input.pixels);
  const pixels = await openPixels((path) => tree.read(path));
  if (pixels.images === images.length && pixels.imageSize === input.imageSize) return pixels;
  const expected = `${images.length} images of ${input.imageSize} pixels`;
  const found = `${pixels.images} of ${pixels.imageSize}`;
  throw new PlatformError('corrupt', `pixels ${input.pixels.prefix}: expected ${expected}, found ${found}`);
}

function samplesOf(network: Network, input: ExtractInput, images: number): LayerSample[] {
  const names = new Set(input.layers ?? network.stages);
  return [...names].map((name) => sampleLayer(findLayer(network, name), { ...input, images }));
}

/** What the activations came from; every network of a target has the same but for model and preprocessing. */
function attributesOf({ manifest, model, ...input }: ExtractInput): Record<string, unknown> {
  const { architecture, preprocessing, imageSize, seed, points, channels, repeats } = input;
  return {
    ...{ architecture, preprocessing, imageSize, seed, points, channels, repeats },
    model: 'random' in model ? model : { weights: model.weights.sha256 },
    stimuli: manifest.sha256,
  };
}

function describeLayer({ sample, shape }: LayerGatherer): TaskOutput<'extract'>['layers'][number] {
  const { layer, points, height, width } = sample;
  return { layer, points, height, width, channels: shape[2], images: points / (height * width) };
}

function filtersOf(network: Network, weights: Weights): Uint8Array {
  const layer = network.layers.find(({ kind }) => kind === 'conv')?.name ?? '';
  const kernel = network.weights.find(({ name }) => name === `${layer}/kernel`);
  const data = kernel && weights.get(kernel.name);
  if (!data) throw new Error(`${network.name} has no convolution`);
  return writeNpy({ shape: kernel.shape, data });
}
