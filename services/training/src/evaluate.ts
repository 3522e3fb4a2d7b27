import { aucOneVsRest, bootstrapInterval, rocAuc, seedFrom, type Interval } from '@palimpsest/numerics';

/** Probabilities of n images: n × classes, row-major, rows sum to 1. */
export interface Judgement {
  probabilities: Float32Array;
  /** Class number of each image. */
  labels: Int32Array;
}

export interface Scores {
  /** Mean cross-entropy, in nats. */
  loss: number;
  /** Share of images whose most likely class is theirs; with two classes the second needs more than 0.5. */
  accuracy: number;
  /** Of the second of two classes, else one-vs-rest weighted by prevalence; null when all are of one class. */
  auc: number | null;
}

/** Keras' fuzz: no probability counts as less than this, or more than one less this. */
const epsilon = 1e-7;

/** Loss, accuracy and AUC, as Keras and scikit-learn compute them. */
export function score({ probabilities, labels }: Judgement): Scores {
  const images = labels.length;
  const classes = probabilities.length / images;
  let loss = 0;
  let correct = 0;
  labels.forEach((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    loss -= Math.log(Math.min(Math.max(row[label] as number, epsilon), 1 - epsilon));
    if (likeliest(row) === label) correct++;
  });
  return { loss: loss / images, accuracy: correct / images, auc: aucOf({ probabilities, labels }, classes) };
}

/** Enough for two digits of an interval, and little beside the validation itself. */
const resamples = 200;

/**
 * Interval of 95 % of the AUC, by bootstrap of patients: images of one are alike. The same draws whenever it is asked for
 * the same seed, so that epochs can be compared.
 *
 * @param patients whose each image is
 * @returns null where there is no AUC
 */
export function aucIntervalOf(
  judgement: Judgement,
  patients: readonly (string | number)[],
  seed: number,
): Interval | null {
  const images = judgement.labels.length;
  const classes = judgement.probabilities.length / images;
  if (aucOf(judgement, classes) === null) return null;
  const statistic = (drawn: Int32Array) => aucOf(drawnFrom(judgement, drawn), classes) ?? NaN;
  const { low, high } = bootstrapInterval(images, statistic, {
    ...{ resamples, level: 0.95, clusters: patients },
    seed: seedFrom('auc interval', seed),
  });
  return { low, high };
}

function drawnFrom({ probabilities, labels }: Judgement, drawn: Int32Array): Judgement {
  const classes = probabilities.length / labels.length;
  const rows = new Float32Array(drawn.length * classes);
  drawn.forEach((image, i) =>
    rows.set(probabilities.subarray(image * classes, (image + 1) * classes), i * classes),
  );
  return { probabilities: rows, labels: drawn.map((image) => labels[image] as number) };
}

/** The first of the classes with the highest probability. */
function likeliest(row: Float32Array): number {
  return row.reduce((best, value, c) => (value > (row[best] as number) ? c : best), 0);
}

function aucOf({ probabilities, labels }: Judgement, classes: number): number | null {
  if (labels.every((label) => label === labels[0])) return null;
  if (classes === 2) {
    return rocAuc(
      probabilities.filter((_, at) => at % 2 === 1),
      labels,
    );
  }
  const scores = { data: probabilities, rows: labels.length, cols: classes };
  return aucOneVsRest(scores, labels, { absent: 'skip' }).auc;
}
