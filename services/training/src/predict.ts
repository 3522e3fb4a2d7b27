import type { Preprocessing } from '@palimpsest/contracts';
import { chunksOf, plainImages } from './batches.js';
import type { FoldData } from './data.js';

/** A network in inference mode. */
export interface Predictor {
  /** @param images n × size × size × 3 @returns n × classes, row-major */
  run(images: Float32Array): Promise<Float32Array>;
}

export interface PredictOptions {
  preprocessing: Preprocessing;
  signal: AbortSignal;
}

/** Images in one pass; what is predicted for an image does not depend on it. */
const batchSize = 32;

/** Probabilities of images, in the order of `rows`: n × classes, row-major. @throws the signal's reason */
export async function predict(
  predictor: Predictor,
  data: Pick<FoldData, 'pixels' | 'classes'>,
  rows: readonly number[],
  { preprocessing, signal }: PredictOptions,
): Promise<Float32Array> {
  const classes = data.classes.length;
  const out = new Float32Array(rows.length * classes);
  for (const [i, batch] of chunksOf(rows, batchSize).entries()) {
    signal.throwIfAborted();
    const images = await plainImages(data.pixels, batch, preprocessing);
    out.set(await predictor.run(images), i * batchSize * classes);
  }
  return out;
}
