import type { Curves, Manifest, Predictions, TrainingAt } from '@palimpsest/contracts';
import type { Store } from '@palimpsest/platform';
import { draw, foldsOf, hex, type Made } from './made.js';

/** The images of a made-up dataset: three of a patient in a row, a third of them of the second class. */
export function manifestOf({ study, imagesPerFold, classes, audit }: Made, name: string): Manifest {
  const folds = foldsOf(study).length;
  const random = draw('manifest', name);
  const images = Array.from({ length: folds * imagesPerFold }, (_, i) => {
    const fold = 1 + Math.floor(i / imagesPerFold);
    const size = 200 + random.integer(300);
    const role =
      study.evaluation.holdout === 'shared'
        ? ('both' as const)
        : i % 4 === 0
          ? ('validation' as const)
          : ('test' as const);
    const k = i % 3 === 0 ? 1 % classes.length : i % classes.length;
    return {
      path: `images/${i}.png`,
      label: classes[k] ?? '',
      class: k,
      patient: `patient-${Math.floor(i / 3)}`,
      fold,
      role,
      width: size + 60,
      height: size,
      sha256: hex(`${name}${i}`),
    };
  });
  return {
    ...{
      layout: 'csv',
      imageSize: 224,
      classes,
      folds,
      group: 'patient',
      seed: 2,
      holdout: study.evaluation.holdout,
      images,
    },
    audit: { patients: 40, merged: [], excluded: [], duplicates: [], warnings: [], ...audit },
  };
}

/** What one training puts out. */
export async function trained(of: Made, store: Store, arm: TrainingAt, manifest: Manifest) {
  const auc = of.auc(arm);
  const predictions = predictionsOf(of, arm, auc ?? 0.6, manifest);
  const curves = curvesOf(arm, auc ?? 0.6, of.batchSize?.(arm));
  const right = predictions.images.filter(
    ({ class: c, probabilities }) => probabilities.indexOf(Math.max(...probabilities)) === c,
  ).length;
  return {
    checkpoint: await store.put('checkpoints', new TextEncoder().encode(JSON.stringify(arm)), '.safetensors'),
    curves: await store.putJson('curves', curves),
    predictions: await store.putJson('predictions', predictions),
    ...{ auc, accuracy: right / predictions.images.length, epochs: curves.epochs.length },
  };
}

/** Images that are hard for one network are harder for all. */
function predictionsOf(
  of: Made,
  { target, source, strategy, fold }: TrainingAt,
  auc: number,
  manifest: Manifest,
): Predictions {
  const random = draw('predictions', target, source, strategy, fold);
  const images = manifest.images.flatMap((image, index) =>
    image.fold === fold && image.role !== 'validation' ? [{ image: index, class: image.class }] : [],
  );
  return {
    classes: of.classes,
    images: images.map(({ image, class: c }) => {
      const hard = draw('hard', target, image).uniform() * 0.6 + random.uniform() * 0.4 > auc - 0.05;
      const shown = hard ? (c + 1) % of.classes.length : c;
      return {
        image,
        class: c,
        probabilities: of.classes.map((_, k) => (k === shown ? 0.7 : 0.3 / (of.classes.length - 1))),
      };
    }),
  };
}

function curvesOf(
  { target, source, strategy, fold }: TrainingAt,
  auc: number,
  batchSize: number | undefined,
): Curves {
  const random = draw('curves', target, source, strategy, fold);
  const head = strategy === 'freeze' ? 4 : 0;
  const best = head + 5 + random.integer(9);
  const epochs = Array.from({ length: best + 3 }, (_, i) => {
    const progress = 1 - Math.exp((-(i + 1) / best) * 2.2);
    const after = Math.max(0, i + 1 - best) * 0.02;
    const validationAuc = 0.5 + (auc - 0.5) * progress + random.normal() * 0.008;
    return {
      epoch: i + 1,
      ...{ stage: i < head ? ('head' as const) : ('all' as const), learningRate: 1e-5 },
      ...(batchSize !== undefined && { batchSize }),
      trainLoss: 0.75 - 0.55 * progress + random.normal() * 0.01,
      validationLoss: 0.72 - 0.45 * progress * auc + after + random.normal() * 0.02,
      validationAccuracy: 0.5 + 0.4 * progress * auc,
      validationAuc,
      validationAucInterval: { low: validationAuc - 0.05, high: validationAuc + 0.05 },
      gradientNorms: { conv1_relu: 3 * (1 - progress), head: 2 * (1 - progress) },
      drift: { conv1_relu: 1 - fold / 100, conv2_block3_out: 1 - progress / 2 },
    };
  });
  return { epochs, best };
}
