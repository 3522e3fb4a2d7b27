import type { Weights } from '@palimpsest/networks';
import { labelsOf, type FoldData } from './data.js';
import { requireFinite } from './diverged.js';
import type { Drift } from './drift.js';
import { aucIntervalOf, score } from './evaluate.js';
import { predictWith, type PredictOptions } from './predict.js';
import type { CurvePoint } from './state.js';

export interface ValidateOptions extends PredictOptions {
  /** Of the interval. */
  seed: number;
  drift?: Drift | undefined;
  /** Where in the training, for an error. */
  at: string;
}

type Validated = Pick<
  CurvePoint,
  'validationLoss' | 'validationAccuracy' | 'validationAuc' | 'validationAucInterval' | 'drift'
>;

/**
 * What weights are worth on the validation images, and how far they have come from their start.
 *
 * @throws DivergedError when they give no probabilities
 */
export async function validate(
  weights: Weights,
  data: FoldData,
  { engine, network, threads, drift, seed, at, ...options }: ValidateOptions,
): Promise<Validated> {
  const { validation } = data.rows;
  const predictor = await engine.infer(network, weights, { threads, taps: drift ? network.stages : [] });
  try {
    const probabilities = await predictWith(predictor, data, validation, options);
    // Softmax gives all of a row, or none.
    requireFinite(probabilities.find(Number.isNaN) ?? 0, `validation loss, ${at}`);
    const judgement = { probabilities, labels: labelsOf(data, validation) };
    const { loss, accuracy, auc } = score(judgement);
    const patients = validation.map((row) => data.patients[row] as string | number);
    return {
      validationLoss: loss,
      validationAccuracy: accuracy,
      validationAuc: auc,
      validationAucInterval: aucIntervalOf(judgement, patients, seed),
      ...(drift && { drift: await drift.of(predictor) }),
    };
  } finally {
    await predictor.dispose();
  }
}
