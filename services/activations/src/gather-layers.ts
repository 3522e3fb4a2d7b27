import type { Preprocessing } from '@palimpsest/contracts';
import type { Pixels } from '@palimpsest/formats';
import { preprocess } from '@palimpsest/images';
import type { Engine, Inference, Network, Weights } from '@palimpsest/networks';
import type { TaskContext } from '@palimpsest/platform';
import { LayerGatherer } from './gather.js';
import type { LayerSample } from './sampling.js';

export interface GatherOptions {
  engine: Engine;
  network: Network;
  weights: Weights;
  preprocessing: Preprocessing;
  context: Pick<TaskContext, 'threads' | 'signal' | 'progress'>;
}

/** Pixels in one pass, at most: 20 images of 224 × 224. It bounds the memory of a pass. */
const pixelsPerPass = 2 ** 20;
const imagesPerPass = 64;

/**
 * Runs a network once on every image that some layer was drawn for, and keeps what was drawn.
 *
 * @returns one gatherer a sample, complete
 * @throws the signal's reason when it is aborted
 */
export async function gatherLayers(
  samples: readonly LayerSample[],
  pixels: Pixels,
  { engine, network, weights, preprocessing, context }: GatherOptions,
): Promise<LayerGatherer[]> {
  const layers = samples.map((sample) => new LayerGatherer(sample));
  const images = [...new Set(layers.flatMap((layer) => [...layer.images]))].sort((a, b) => a - b);
  const size = Math.max(1, Math.min(imagesPerPass, Math.floor(pixelsPerPass / pixels.imageSize ** 2)));
  const predictor = await engine.infer(network, weights, {
    threads: context.threads,
    taps: samples.map(({ layer }) => layer),
  });
  try {
    for (let start = 0; start < images.length; start += size) {
      context.signal.throwIfAborted();
      const batch = images.slice(start, start + size);
      const { taps } = await predictor.run(preprocess(await pixels.read(batch), preprocessing));
      layers.forEach((layer) => layer.add(batch, dataOf(taps, layer.sample.layer)));
      context.progress(
        (start + batch.length) / images.length,
        `${start + batch.length} of ${images.length} images`,
      );
    }
    return layers;
  } finally {
    await predictor.dispose();
  }
}

function dataOf(taps: Inference['taps'], layer: string): Float32Array {
  const tap = taps.get(layer);
  if (!tap) throw new Error(`engine: expected activations of ${layer}, found none`);
  return tap.data;
}
