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

type Curves = View['pretrainings'][number]['curves'];

/** Every epoch of every training. */
export function curvesTable(view: View): Table {
  const of = (at: Cell[], { epochs, best }: Curves) =>
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
        e.validationAucInterval?.low ?? null,
        e.validationAucInterval?.high ?? null,
      ],
      e.batchSize ?? null,
      e.epoch === best ? 1 : 0,
    ]);
  return {
    name: 'curves',
    columns:
      'target source strategy fold epoch stage learning_rate train_loss validation_loss validation_accuracy validation_auc validation_auc_low validation_auc_high batch_size kept'.split(
        ' ',
      ),
    rows: rowsOfTrainings(view, of),
  };
}

/** What was measured of each stage of a network, in every epoch of every training. A frozen stage has no gradient. */
export function curvesByLayerTable(view: View): Table {
  return {
    name: 'curves-by-layer',
    columns: 'target source strategy fold epoch layer gradient_norm similarity_to_start'.split(' '),
    rows: rowsOfTrainings(view, (at, { epochs }) =>
      epochs.flatMap(({ epoch, gradientNorms, drift = {} }) =>
        [...view.stages, 'head']
          .filter((layer) => layer in gradientNorms || layer in drift)
          .map((layer): Cell[] => [
            ...at,
            ...[epoch, layer, gradientNorms[layer] ?? null, drift[layer] ?? null],
          ]),
      ),
    ),
  };
}

function rowsOfTrainings(view: View, of: (at: Cell[], curves: Curves) => Cell[][]): Cell[][] {
  return [
    ...view.pretrainings.flatMap(({ dataset, source, curves }) =>
      of([dataset, source, 'pretrain', 1], curves),
    ),
    ...view.arms.flatMap(({ target, source, strategy, folds }) =>
      folds.flatMap(({ fold, curves }) => of([target, source, strategy, fold], curves)),
    ),
  ];
}
