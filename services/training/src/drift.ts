import type { Preprocessing } from '@palimpsest/contracts';
import type { Engine, Network, Predictor, Shape, Tap, Weights } from '@palimpsest/networks';
import { ccaFromWhitened, Random, seedFrom, summarise, whiten, type Whitened } from '@palimpsest/numerics';
import { chunksOf, plainImages } from './batches.js';
import type { FoldData } from './data.js';

/** At most so many points of a layer for each image: neighbouring points say nearly the same. */
const pointsPerImage = 16;
const mostChannels = 16;
/** With fewer points for each channel, correlations are high for want of points. */
const pointsPerChannel = 10;
/** Keeps the activations of a pass small beside a step of training. */
const imagesPerPass = 8;
/** The regularisation of `compare` where a study does not say otherwise. */
const epsilon = 1e-10;

export interface DriftOptions {
  engine: Engine;
  network: Network;
  threads: number;
  preprocessing: Preprocessing;
  /** Of the training: draws images, points and channels. */
  seed: number;
  /** Images of the probe; all training images where there are fewer. */
  images: number;
}

/** What is looked at of a layer. */
interface Sample {
  layer: string;
  shape: Shape;
  /** image · height · width + position, ascending; images as they are numbered in the probe. */
  points: number[];
  channels: number[];
}

/**
 * How far a network has come from its start: the similarity of each of its stages with itself at the start, on the same
 * training images. 1 where nothing but an invertible linear map has changed.
 *
 * Measure: mean of the canonical correlations, as `compare` computes them, but of fewer points and channels.
 */
export class Drift {
  readonly #data: Pick<FoldData, 'pixels' | 'rows'>;
  readonly #options: DriftOptions;
  readonly #rows: readonly number[];
  readonly #samples: readonly Sample[];
  readonly #start = new Map<string, Whitened>();

  private constructor(data: Pick<FoldData, 'pixels' | 'rows'>, options: DriftOptions) {
    this.#data = data;
    this.#options = options;
    const { train } = data.rows;
    const images = Math.min(options.images, train.length);
    const drawn = new Random(seedFrom('probe', options.seed)).sample(train.length, images);
    this.#rows = drawn.map((i) => train[i] as number).sort((a, b) => a - b);
    this.#samples = options.network.stages.map((layer) => sampleOf(layer, images, options));
  }

  /** Looks at a start. */
  static async open(
    start: Weights,
    data: Pick<FoldData, 'pixels' | 'rows'>,
    options: DriftOptions,
  ): Promise<Drift> {
    const drift = new Drift(data, options);
    const { engine, network, threads } = options;
    const predictor = await engine.infer(network, start, { threads, taps: network.stages });
    try {
      for (const [layer, seen] of await drift.#look(predictor)) drift.#start.set(layer, seen);
    } finally {
      await predictor.dispose();
    }
    return drift;
  }

  /** @param predictor of the weights as they are now, with the stages as taps @returns similarity by layer, in [0, 1] */
  async of(predictor: Predictor): Promise<Record<string, number>> {
    const now = await this.#look(predictor);
    const similarities = [...this.#start].map(([layer, start]) => {
      const { coefficients } = ccaFromWhitened(start, now.get(layer) as Whitened);
      return [layer, summarise(coefficients, 'mean')];
    });
    return Object.fromEntries(similarities) as Record<string, number>;
  }

  async #look(predictor: Predictor): Promise<Map<string, Whitened>> {
    const seen = this.#samples.map(
      ({ points, channels }) => new Float32Array(points.length * channels.length),
    );
    for (const [pass, rows] of chunksOf(this.#rows, imagesPerPass).entries()) {
      const images = await plainImages(this.#data.pixels, rows, this.#options.preprocessing);
      const { taps } = await predictor.run(images);
      this.#samples.forEach((sample, i) =>
        copyPoints(sample, taps.get(sample.layer) as Tap, {
          first: pass * imagesPerPass,
          into: seen[i] as Float32Array,
        }),
      );
    }
    const whitened = this.#samples.map(({ layer, points, channels }, i): [string, Whitened] => {
      const activations = { rows: points.length, cols: channels.length, data: seen[i] as Float32Array };
      return [layer, whiten(activations, { epsilon })];
    });
    return new Map(whitened);
  }
}

function sampleOf(layer: string, images: number, { network, seed }: DriftOptions): Sample {
  const shape = network.layers.find(({ name }) => name === layer)?.output as Shape;
  const all = images * shape.height * shape.width;
  const points = Math.min(all, images * pointsPerImage);
  const channels = Math.min(mostChannels, shape.channels, Math.max(1, Math.floor(points / pointsPerChannel)));
  const random = (what: string) => new Random(seedFrom('probe', what, seed, layer));
  return {
    ...{ layer, shape },
    points: random('points')
      .sample(all, points)
      .sort((a, b) => a - b),
    channels: random('channels').sample(shape.channels, channels),
  };
}

/** Takes the points that lie in the images of a pass. @param to.first number of its first image in the probe */
function copyPoints(
  { shape, points, channels }: Sample,
  { shape: [images], data }: Tap,
  { first, into }: { first: number; into: Float32Array },
): void {
  const area = shape.height * shape.width;
  points.forEach((point, i) => {
    const here = point - first * area;
    if (here < 0 || here >= images * area) return;
    channels.forEach((channel, c) => {
      into[i * channels.length + c] = data[here * shape.channels + channel] as number;
    });
  });
}
