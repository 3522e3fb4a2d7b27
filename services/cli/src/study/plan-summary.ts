import { availableParallelism } from 'node:os';
import { assumedImages, datasetsUsed, parseStudyFile, planStudy, type PlanNode } from '@palimpsest/api';
import { taskKinds, type Study, type TaskKind } from '@palimpsest/contracts';
import { bytes, duration, table } from '../text.js';
import { countImages } from './count-images.js';
import { readStudyFile } from './run-study.js';

/** What the tasks of a kind need, all together and each at most. */
export interface KindSummary {
  kind: TaskKind;
  tasks: number;
  /** Of the largest task. */
  cpus: number;
  memoryBytes: number;
  /** All tasks, one after the other. */
  seconds: number;
  /** All that they leave in the store. */
  bytes: number;
}

/** A study before it is run. */
export interface PlanSummary {
  study: string;
  /** `counted: false` where the files are not there to be counted, and a number is assumed. */
  datasets: { name: string; path: string; images: number; counted: boolean }[];
  kinds: KindSummary[];
  /** On this machine, with as many tasks at once as it has processors for. */
  total: { tasks: number; seconds: number; bytes: number; processors: number };
}

/** @throws PlatformError for a study file that is wrong */
export async function planSummary(file: string): Promise<PlanSummary> {
  const submission = await readStudyFile(file);
  const study = parseStudyFile(submission.yaml, submission);
  const datasets = await countDatasets(study);
  const images = Object.fromEntries(datasets.map((dataset) => [dataset.name, dataset.images]));
  const { nodes } = planStudy(study, { images });
  const kinds = taskKinds
    .map((kind) =>
      summaryOf(
        kind,
        nodes.filter((node) => node.kind === kind),
      ),
    )
    .filter(({ tasks }) => tasks > 0);
  const processors = availableParallelism();
  const work = sum(nodes, (node) => node.estimate.seconds * Math.min(node.needs.cpus, processors));
  const total = {
    tasks: nodes.length,
    seconds: work / processors,
    bytes: sum(nodes, (node) => node.estimate.bytes),
    processors,
  };
  return { study: study.name, datasets, kinds, total };
}

/** The summary for people. */
export function planText({ study, datasets, kinds, total }: PlanSummary): string {
  const sets = datasets.map(({ name, images, counted, path }) => [
    name,
    `${counted ? '' : '~'}${images}`,
    path,
  ]);
  const assumed = datasets.some(({ counted }) => !counted)
    ? [`~ assumed: nothing was found to count there`]
    : [];
  const rows = kinds.map((k) => [
    ...[k.kind, String(k.tasks), String(k.cpus), bytes(k.memoryBytes)],
    ...[duration(k.seconds), bytes(k.bytes)],
  ]);
  return [
    `study ${study}`,
    '',
    table(['dataset', 'images', 'path'], sets),
    ...assumed,
    '',
    table(['kind', 'tasks', 'processors', 'memory', 'time', 'stored'], rows),
    '',
    `${total.tasks} tasks; about ${duration(total.seconds)} on ${total.processors} processors, ${bytes(total.bytes)} in the store`,
  ].join('\n');
}

async function countDatasets(study: Study): Promise<PlanSummary['datasets']> {
  const counted: PlanSummary['datasets'] = [];
  for (const name of datasetsUsed(study)) {
    const dataset = study.targets[name] ?? study.datasets[name];
    if (!dataset) continue;
    const found = await countImages(dataset);
    counted.push({ name, path: dataset.path, images: found ?? assumedImages, counted: found !== undefined });
  }
  return counted;
}

function summaryOf(kind: TaskKind, nodes: PlanNode[]): KindSummary {
  return {
    kind,
    tasks: nodes.length,
    cpus: Math.max(...nodes.map((node) => node.needs.cpus)),
    memoryBytes: Math.max(...nodes.map((node) => node.needs.memoryBytes)),
    seconds: sum(nodes, (node) => node.estimate.seconds),
    bytes: sum(nodes, (node) => node.estimate.bytes),
  };
}

const sum = <T>(items: T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);
