import { groupBy } from '../group-by.js';
import type { DatasetView, View } from '../view.js';
import type { Cell, Table } from './table.js';

/** Images and patients of every class in every fold and role. Patients are counted, never named. */
export function foldsTable(view: View): Table {
  return {
    name: 'folds',
    columns: ['dataset', 'fold', 'role', 'class', 'images', 'patients'],
    rows: view.datasets.flatMap(foldRows),
  };
}

function foldRows({ name, manifest }: DatasetView): Cell[][] {
  const groups = groupBy(manifest.images, ({ fold, role, label }) => JSON.stringify([fold, role, label]));
  const rows = [...groups.values()].map((images): Cell[] => {
    const { fold, role, label } = images[0] as (typeof images)[number];
    const patients = new Set(images.flatMap(({ patient }) => patient ?? [])).size;
    return [name, fold, role, label, images.length, manifest.audit.patients === null ? null : patients];
  });
  return rows.sort((x, y) => (JSON.stringify(key(x)) < JSON.stringify(key(y)) ? -1 : 1));
}

const key = ([name, fold, role, label]: Cell[]) => [name, String(fold).padStart(3, '0'), role, label];

/** Every epoch of every training. */
export function curvesTable(view: View): Table {
  const of = (at: Cell[], { epochs, best }: View['pretrainings'][number]['curves']) =>
    epochs.map((e): Cell[] => [
      ...at,
      ...[
        e.epoch,
        e.stage,
        e.learningRate,
        e.trainLoss,
        e.validationLoss,
        e.validationAccuracy,
        e.validationAuc,
      ],
      e.epoch === best ? 1 : 0,
    ]);
  return {
    name: 'curves',
    columns:
      'target source strategy fold epoch stage learning_rate train_loss validation_loss validation_accuracy validation_auc kept'.split(
        ' ',
      ),
    rows: [
      ...view.pretrainings.flatMap(({ dataset, source, curves }) =>
        of([dataset, source, 'pretrain', 1], curves),
      ),
      ...view.arms.flatMap(({ target, source, strategy, folds }) =>
        folds.flatMap(({ fold, curves }) => of([target, source, strategy, fold], curves)),
      ),
    ],
  };
}
