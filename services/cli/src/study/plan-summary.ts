import { availableParallelism } from 'node:os';
import { assumedImages, datasetsUsed, planStudy, type PlanNode } from '@palimpsest/api';
import { PlatformError, taskKinds, type Study, type TaskKind } from '@palimpsest/contracts';
import { bytes, duration, table } from '../text.js';
import { weightsKnown } from '../weights/registered.js';
import { countImages } from './count-images.js';
import { readStudy } from './read-study.js';

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
  total: {
    tasks: number;
    seconds: number;
    bytes: number;
    processors: number;
    /** Images that go through a network, forward and back, in all trainings. */
    trainedImages: number;
  };
  /** The trainings on GPUs, where somebody said how many there are and what one does. */
  gpus?: { gpus: number; imagesPerSecond: number; seconds: number };
}

/** What somebody knows beside the study. */
export interface PlanKnowledge {
  /** Images of datasets, which are not counted then. */
  images?: Record<string, number>;
  gpus?: number;
  /** That one GPU trains a second. */
  imagesPerSecond?: number;
}

/** @throws PlatformError for a study file that is wrong, or images of a dataset that it does not use */
export async function planSummary(file: string, known: PlanKnowledge = {}): Promise<PlanSummary> {
  const { study } = await readStudy(file, await weightsKnown());
  const datasets = await countDatasets(study, known.images ?? {});
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
    trainedImages: sum(nodes, (node) => node.estimate.trainedImages ?? 0),
  };
  return { study: study.name, datasets, kinds, total, ...onGpus(total, known) };
}

/** Trainings of a study do not wait for each other for long, so GPUs are all busy but at the end. */
function onGpus({ trainedImages }: PlanSummary['total'], { gpus, imagesPerSecond }: PlanKnowledge) {
  if (gpus === undefined && imagesPerSecond === undefined) return {};
  if (gpus === undefined || imagesPerSecond === undefined)
    throw new PlatformError('invalid', 'expected --gpus and --images-per-second together, found one of them');
  return { gpus: { gpus, imagesPerSecond, seconds: trainedImages / (gpus * imagesPerSecond) } };
}

/** The summary for people. */
export function planText({ study, datasets, kinds, total, gpus }: PlanSummary): string {
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
    ...trainingText(total, gpus),
  ].join('\n');
}

function trainingText({ trainedImages }: PlanSummary['total'], gpus: PlanSummary['gpus']): string[] {
  if (trainedImages === 0) return [];
  const shown = `trainings show networks about ${(trainedImages / 1e6).toPrecision(2)} million images`;
  if (!gpus) return [shown];
  const { seconds, imagesPerSecond } = gpus;
  return [`${shown}: ${duration(seconds)} on ${gpus.gpus} GPUs, each ${imagesPerSecond} a second`];
}

async function countDatasets(study: Study, known: Record<string, number>): Promise<PlanSummary['datasets']> {
  const used = datasetsUsed(study);
  const unknown = Object.keys(known).find((name) => !used.includes(name));
  if (unknown !== undefined)
    throw new PlatformError('invalid', `--images: expected one of ${used.join(', ')}, found "${unknown}"`);
  const counted: PlanSummary['datasets'] = [];
  for (const name of used) {
    const dataset = study.targets[name] ?? study.datasets[name];
    if (!dataset) continue;
    const found = known[name] ?? (await countImages(dataset));
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
