import type { Weights } from '@palimpsest/networks';
import { labelsOf, type FoldData } from './data.js';
import type { Drift } from './drift.js';
import { aucIntervalOf, score } from './evaluate.js';
import { predictWith, type PredictOptions } from './predict.js';
import type { CurvePoint } from './state.js';

export interface ValidateOptions extends PredictOptions {
  /** Of the interval. */
  seed: number;
  drift?: Drift | undefined;
}

type Validated = Pick<
  CurvePoint,
  'validationLoss' | 'validationAccuracy' | 'validationAuc' | 'validationAucInterval' | 'drift'
>;

/** What weights are worth on the validation images, and how far they have come from their start. */
export async function validate(
  weights: Weights,
  data: FoldData,
  { engine, network, threads, drift, seed, ...options }: ValidateOptions,
): Promise<Validated> {
  const { validation } = data.rows;
  const predictor = await engine.infer(network, weights, { threads, taps: drift ? network.stages : [] });
  try {
    const probabilities = await predictWith(predictor, data, validation, options);
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
