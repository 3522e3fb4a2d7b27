import { pairedDifference } from '@palimpsest/numerics';
import type { View } from '../view.js';
import { aucSummary, judgedToTrained, type AucSummary } from './auc.js';

/** AUC of a source on a target after so many training images. */
export interface SizePoint extends AucSummary {
  /** Images of each class; null for all that a fold has. */
  shots: number | null;
  /** All training images of a fold, mean over folds. */
  images: number;
  /** 95 % of the mean by the corrected resampled t test; null for fewer than two folds. */
  interval: { low: number; high: number } | null;
}

/** Every target and source by size of the training set, of the trainings of all weights. Empty without `training.shots`. */
export function sizePoints(view: View): SizePoint[] {
  return view.targets.flatMap((target) =>
    view.sources.flatMap((source) => {
      const isHere = (arm: AucSummary['arm']) => arm.target === target && arm.source === source;
      const smaller = view.shotsArms.filter(isHere);
      if (smaller.length === 0) return [];
      const all = view.arms.filter((arm) => isHere(arm) && arm.strategy === 'finetune');
      const arms = [...smaller, ...all.map((arm) => ({ ...arm, shots: null }))];
      return arms.map((arm) => pointOf(view, arm));
    }),
  );
}

function pointOf(view: View, arm: AucSummary['arm'] & { shots: number | null }): SizePoint {
  const summary = aucSummary(arm);
  const manifest = view.datasets.find(({ name }) => name === arm.target)?.manifest;
  if (!manifest) throw new RangeError(`target ${arm.target}: its dataset is not among the results`);
  const { images, folds, classes } = manifest;
  const several = summary.values.length > 1;
  return {
    ...summary,
    shots: arm.shots,
    images: arm.shots === null ? images.length * (1 - 1 / folds) : arm.shots * classes.length,
    interval: several ? intervalOf(view, summary) : null,
  };
}

/** As wide as where all images are trained on: the training sets of two folds overlap no more where they are smaller. */
function intervalOf(view: View, { arm, values }: AucSummary): { low: number; high: number } {
  const none = values.map(() => 0);
  const { low, high } = pairedDifference(values, none, 0.95, judgedToTrained(view, arm.target));
  return { low, high };
}
