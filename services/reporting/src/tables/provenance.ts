import type { JudgedAs } from '@palimpsest/contracts';
import { counted } from '../numbers.js';
import type { JudgedArm, View } from '../view.js';
import { judgedWords, modelWords, pairWords } from '../words.js';
import type { Table } from './table.js';

/** Where numbers come from: the tasks of one dataset, arm, network or pair, and what they put out. */
export interface ProvenanceGroup {
  /** Fragment that the report's cells and figures link to. */
  anchor: string;
  about: string;
  tasks: { kind: string; version: number; taskId: string; part: string; artifact: string }[];
}

/** The anchor of a cell of Table 2. */
export const armAnchor = (target: string, source: string, strategy: JudgedAs) =>
  `from-${target}-${source}-${strategy}`;

/** All tasks of the study, grouped by what they are about. */
export function provenance(view: View): ProvenanceGroup[] {
  return [
    ...datasetGroups(view),
    ...importGroups(view),
    ...pretrainingGroups(view),
    ...armGroups(view),
    ...extractionGroups(view),
    ...comparisonGroups(view),
  ];
}

/** The same as a file. */
export function provenanceTable(groups: readonly ProvenanceGroup[]): Table {
  return {
    name: 'provenance',
    columns: ['about', 'part', 'kind', 'method_version', 'task', 'artifact_sha256'],
    rows: groups.flatMap(({ about, tasks }) =>
      tasks.map(({ part, kind, version, taskId, artifact }) => [
        about,
        part,
        kind,
        version,
        taskId,
        artifact,
      ]),
    ),
  };
}

function datasetGroups(view: View): ProvenanceGroup[] {
  return view.datasets.map(({ name, version, manifestHash }) => ({
    anchor: `from-data-${name}`,
    about: `data: ${name}`,
    tasks: [{ kind: 'ingest', version, taskId: '', part: 'manifest', artifact: manifestHash }],
  }));
}

function importGroups(view: View): ProvenanceGroup[] {
  return view.imports.map(({ source, version, weightsHash }) => ({
    anchor: `from-source-${source}`,
    about: `source: ${source}, weights of a file`,
    tasks: [{ kind: 'import', version, taskId: '', part: 'base', artifact: weightsHash }],
  }));
}

function pretrainingGroups(view: View): ProvenanceGroup[] {
  return view.pretrainings.map(({ source, dataset, taskId, version, checkpointHash }) => ({
    anchor: `from-source-${source}`,
    about: `source: ${source}, trained on ${dataset}`,
    tasks: [{ kind: 'train', version, taskId, part: 'checkpoint', artifact: checkpointHash }],
  }));
}

function armGroups(view: View): ProvenanceGroup[] {
  const arms: (JudgedArm & { shots?: number })[] = [...view.arms, ...view.shotsArms, ...view.probes];
  return arms.map(({ target, source, strategy, shots, folds }) => ({
    anchor: `${armAnchor(target, source, strategy)}${shots === undefined ? '' : `-${shots}`}`,
    about: `${target}: ${judgedWords(source, strategy)}${shots === undefined ? '' : `, ${counted(shots, 'image')} of each class`}`,
    tasks: folds.flatMap(({ fold, seeds }) =>
      seeds.map(({ seed, taskId, version, checkpointHash }) => ({
        kind: 'train',
        version,
        taskId,
        part: `fold ${fold}${seed > 0 ? `, seed ${seed}` : ''}, checkpoint`,
        artifact: checkpointHash,
      })),
    ),
  }));
}

function extractionGroups(view: View): ProvenanceGroup[] {
  return view.targets.flatMap((target) => {
    const found = view.extractions.filter((e) => e.target === target);
    if (found.length === 0) return [];
    const tasks = found.map(({ model, fold, taskId, version, activationsHash }) => ({
      ...{ kind: 'extract', version, taskId, artifact: activationsHash },
      part: `${modelWords(model)}${fold === null ? '' : `, fold ${fold}`}`,
    }));
    return [{ anchor: `from-activations-${target}`, about: `${target}: activations and filters`, tasks }];
  });
}

function comparisonGroups(view: View): ProvenanceGroup[] {
  return view.targets.flatMap((target) => {
    const found = view.comparisons.filter((c) => c.target === target);
    if (found.length === 0) return [];
    const tasks = found.map(({ pair, a, b, fold, taskId, version, linearAlgebra }) => ({
      ...{ kind: 'compare', version, taskId, artifact: '' },
      part: [
        `${pairWords[pair]}: ${modelWords(a)}`,
        modelWords(b),
        ...(fold === null ? [] : [`fold ${fold}`]),
        ...(linearAlgebra === undefined ? [] : [`by ${linearAlgebra}`]),
      ].join('; '),
    }));
    return [{ anchor: `from-comparisons-${target}`, about: `${target}: comparisons`, tasks }];
  });
}
