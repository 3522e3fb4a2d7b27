import type { Curves } from '@palimpsest/contracts';
import type { Tap, Weights } from '@palimpsest/networks';
import { ridgeClassifier, type Activations } from '@palimpsest/numerics';
import { chunksOf, plainImages } from './batches.js';
import { labelsOf, type FoldData } from './data.js';
import { score } from './evaluate.js';
import { predict } from './predict.js';
import { validate, type ValidateOptions } from './validate.js';

/** What every network ends in before its head. */
const pooled = 'avg_pool';
const imagesPerPass = 32;
/** Of the whole work, by the images that go through the network. */
const shareOfFeatures = 0.45;

/** 10⁻⁶ … 10³, λ over the mean eigenvalue of the features. */
const shrinkages = Array.from({ length: 10 }, (_, i) => 10 ** (i - 6));

export interface ProbeOptions extends Omit<ValidateOptions, 'drift' | 'at'> {
  progress(done: number, message: string): void;
}

/**
 * A head in one step, on a base that stays as it is: ridge regression on the pooled features of the training images,
 * not augmented, with the λ that errs least on images left out. Its scores, fitted to 1 and −1, are the logits.
 *
 * @returns the weights of the whole network, and curves of the one step
 */
export async function probe(
  start: Weights,
  data: FoldData,
  options: ProbeOptions,
): Promise<{ weights: Weights; curves: Curves }> {
  const { train } = data.rows;
  const labels = labelsOf(data, train);
  const classes = data.classes.length;
  const features = await featuresOf(start, data, options);
  options.progress(shareOfFeatures, `the head, on ${features.rows} × ${features.cols} features`);
  const { weights: kernel, intercept } = ridgeClassifier(features, labels, { classes, shrinkages });
  const weights = new Map([
    ...start,
    ['predictions/kernel', logits(kernel.data, classes)],
    ['predictions/bias', logits(intercept, classes)],
  ]);
  const probabilities = await predict(weights, data, train, options);
  const { loss } = score({ probabilities, labels });
  const validated = await validate(weights, data, { ...options, at: 'linear probe' });
  const point = { epoch: 1, stage: 'head' as const, learningRate: 0, trainLoss: loss, gradientNorms: {} };
  return { weights, curves: { epochs: [{ ...point, ...validated }], best: 1 } };
}

/** A network for two classes has one logit, the difference of their scores. */
function logits(scores: Float64Array, classes: number): Float32Array {
  if (classes !== 2) return Float32Array.from(scores);
  const [first, second] = [0, 1].map((k) => scores.filter((_, at) => at % 2 === k)) as [
    Float64Array,
    Float64Array,
  ];
  return Float32Array.from(second, (score, i) => score - (first[i] as number));
}

async function featuresOf(
  weights: Weights,
  { pixels, rows: { train } }: FoldData,
  options: ProbeOptions,
): Promise<Activations> {
  const { engine, network, threads, preprocessing, signal } = options;
  const predictor = await engine.infer(network, weights, { threads, taps: [pooled] });
  try {
    const found: Float32Array[] = [];
    for (const [pass, batch] of chunksOf(train, imagesPerPass).entries()) {
      signal.throwIfAborted();
      const seen = pass * imagesPerPass;
      options.progress(
        (shareOfFeatures * seen) / train.length,
        `features of ${seen} of ${train.length} images`,
      );
      const { taps } = await predictor.run(await plainImages(pixels, batch, preprocessing));
      found.push((taps.get(pooled) as Tap).data);
    }
    const cols = (found[0]?.length ?? 0) / Math.min(imagesPerPass, train.length);
    const data = new Float32Array(train.length * cols);
    found.forEach((part, i) => data.set(part, i * imagesPerPass * cols));
    return { rows: train.length, cols, data };
  } finally {
    await predictor.dispose();
  }
}
