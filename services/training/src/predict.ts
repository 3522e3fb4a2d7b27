import type { Preprocessing } from '@palimpsest/contracts';
import type { Engine, Network, Predictor, Weights } from '@palimpsest/networks';
import { chunksOf, plainImages } from './batches.js';
import type { FoldData } from './data.js';

export interface PredictOptions {
  engine: Engine;
  network: Network;
  threads: number;
  preprocessing: Preprocessing;
  signal: AbortSignal;
}

/** Images in one pass; what is predicted for an image does not depend on it. */
const batchSize = 32;

/** Probabilities of images, in the order of `rows`: n × classes, row-major. @throws the signal's reason */
export async function predict(
  weights: Weights,
  data: Pick<FoldData, 'pixels' | 'classes'>,
  rows: readonly number[],
  { engine, network, threads, ...options }: PredictOptions,
): Promise<Float32Array> {
  const predictor = await engine.infer(network, weights, { threads });
  try {
    return await predictWith(predictor, data, rows, options);
  } finally {
    await predictor.dispose();
  }
}

/** The same by a network that stands ready. */
export async function predictWith(
  predictor: Predictor,
  data: Pick<FoldData, 'pixels' | 'classes'>,
  rows: readonly number[],
  { preprocessing, signal }: Pick<PredictOptions, 'preprocessing' | 'signal'>,
): Promise<Float32Array> {
  const classes = data.classes.length;
  const out = new Float32Array(rows.length * classes);
  for (const [i, batch] of chunksOf(rows, batchSize).entries()) {
    signal.throwIfAborted();
    const images = await plainImages(data.pixels, batch, preprocessing);
    const { probabilities } = await predictor.run(images, { taps: false });
    out.set(probabilities, i * batchSize * classes);
  }
  return out;
}
