import type { SizePoint } from '../statistics/training-set-size.js';
import type { Table } from './table.js';

/** AUC by size of the training set; `images_per_class` is empty where all images were trained on. */
export function sizeTable(points: readonly SizePoint[]): Table {
  return {
    name: 'auc-by-training-images',
    columns: 'target source images_per_class training_images folds mean sd low high'.split(' '),
    rows: points.map(({ arm, shots, images, values, mean, sd, interval }) => [
      ...[arm.target, arm.source, shots, images],
      ...[values.length, mean, sd, interval?.low ?? null, interval?.high ?? null],
    ]),
  };
}
