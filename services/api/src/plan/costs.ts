import type { Architecture, Dataset, Resources, Stage, Study } from '@palimpsest/contracts';
import { assumedImages, type PlanContext } from './context.js';
import type { Estimate } from './node.js';

/**
 * What an architecture costs, measured with ONNX Runtime on two cores of a server of 2024. Seconds are those of the
 * processors that a task of it gets; a pixel is one of the resized image. Of the last three, seconds of training were
 * measured beside `resnet50` on a busy machine and put in proportion; those of inference are guesses from `resnet50`
 * likewise. Memory is the most that whole tasks held at two or three sizes of a batch, and some percent more: `baseBytes`
 * is what weights, moments and their copies take.
 */
interface Cost {
  cpus: number;
  trainSecondsPerPixel: number;
  inferSecondsPerPixel: number;
  baseBytes: number;
  batchBytesPerPixel: number;
  lowMemoryBytesPerPixel: number;
  inferBytesPerPixel: number;
  checkpointBytes: number;
}

const costs: Record<Architecture, Cost> = {
  resnet50: {
    cpus: 2,
    trainSecondsPerPixel: 2e-6,
    inferSecondsPerPixel: 4e-7,
    baseBytes: 1.9e9,
    batchBytesPerPixel: 2400,
    lowMemoryBytesPerPixel: 1700,
    inferBytesPerPixel: 300,
    checkpointBytes: 9.5e7,
  },
  'resnet-mini': {
    cpus: 1,
    trainSecondsPerPixel: 2e-6,
    inferSecondsPerPixel: 4e-7,
    baseBytes: 3e8,
    batchBytesPerPixel: 280,
    lowMemoryBytesPerPixel: 280,
    inferBytesPerPixel: 100,
    checkpointBytes: 5e5,
  },
  densenet121: {
    cpus: 2,
    trainSecondsPerPixel: 2e-6,
    inferSecondsPerPixel: 4e-7,
    baseBytes: 8.4e8,
    batchBytesPerPixel: 4900,
    lowMemoryBytesPerPixel: 3500,
    inferBytesPerPixel: 400,
    checkpointBytes: 2.9e7,
  },
  'inception-v3': {
    cpus: 2,
    trainSecondsPerPixel: 1.6e-6,
    inferSecondsPerPixel: 3e-7,
    baseBytes: 1.72e9,
    batchBytesPerPixel: 2600,
    lowMemoryBytesPerPixel: 1900,
    inferBytesPerPixel: 300,
    checkpointBytes: 8.8e7,
  },
  'inception-resnet-v2': {
    cpus: 2,
    trainSecondsPerPixel: 3e-6,
    inferSecondsPerPixel: 7e-7,
    baseBytes: 3.7e9,
    batchBytesPerPixel: 4300,
    lowMemoryBytesPerPixel: 2500,
    inferBytesPerPixel: 300,
    checkpointBytes: 2.2e8,
  },
};

const inferenceBatch = 32;
const taskOverheadSeconds = 1;

/** A name of a dataset with its settings. */
interface Named {
  name: string;
  dataset: Dataset;
}

const imagesOf = (context: PlanContext, name: string) => context.images[name] ?? assumedImages;
const pixelsOf = (dataset: Dataset) => dataset.imageSize ** 2;

/** One processor, and memory enough for decoding, comparing or drawing. */
export const smallNeeds: Resources = { cpus: 1, memoryBytes: 5e8, gpus: 0 };

/** What it takes to train a network on a dataset. */
export function trainNeeds({ study, gpus }: PlanContext, dataset: Dataset): Resources {
  const cost = costs[study.network.architecture];
  const perPixel = study.training.lowMemory ? cost.lowMemoryBytesPerPixel : cost.batchBytesPerPixel;
  const memoryBytes = Math.round(cost.baseBytes + perPixel * dataset.batchSize * pixelsOf(dataset));
  return { cpus: cost.cpus, memoryBytes, gpus };
}

/** Processors and memory to run a network on a dataset. */
export function inferNeeds(study: Study, dataset: Dataset): Resources {
  const cost = costs[study.network.architecture];
  const memoryBytes = Math.round(
    cost.baseBytes + cost.inferBytesPerPixel * inferenceBatch * pixelsOf(dataset),
  );
  return { cpus: cost.cpus, memoryBytes, gpus: 0 };
}

export function ingestEstimate(context: PlanContext, { name, dataset }: Named): Estimate {
  const images = imagesOf(context, name);
  return { seconds: taskOverheadSeconds + 0.005 * images, bytes: images * (3 * pixelsOf(dataset) + 300) };
}

/** Classes that an estimate of a smaller training set assumes. */
const assumedClasses = 2;

/** Epochs are a guess: early stopping decides them. @param of.shots images of each class; all where undefined */
export function trainEstimate(
  context: PlanContext,
  { name, dataset, shots }: Named & { shots?: number | undefined },
  stages: Stage[],
): Estimate {
  const cost = costs[context.study.network.architecture];
  const epochs = stages.reduce((sum, stage) => sum + Math.min(stage.maxEpochs, 15 + 2 * stage.patience), 0);
  const images = imagesOf(context, name);
  const held = images / dataset.split.folds;
  const trained = Math.min(images - held, shots === undefined ? Infinity : assumedClasses * shots);
  const perPixel = trained * cost.trainSecondsPerPixel + held * cost.inferSecondsPerPixel;
  const seconds = epochs * pixelsOf(dataset) * perPixel;
  return {
    seconds: taskOverheadSeconds + seconds,
    bytes: cost.checkpointBytes + 100 * images,
    trainedImages: Math.round(epochs * trained),
  };
}

/** Training images go through the network twice, held-out ones once or twice. */
export function probeEstimate(context: PlanContext, { name, dataset }: Named): Estimate {
  const cost = costs[context.study.network.architecture];
  const images = imagesOf(context, name);
  return {
    seconds: taskOverheadSeconds + 2 * images * pixelsOf(dataset) * cost.inferSecondsPerPixel,
    bytes: cost.checkpointBytes + 100 * images,
  };
}

export function extractEstimate({ study }: PlanContext, { dataset }: Named): Estimate {
  const { points, channels, repeats } = study.analysis;
  const cost = costs[study.network.architecture];
  const images = stages.reduce(
    (sum, stride) => sum + Math.ceil(points / Math.ceil(dataset.imageSize / stride) ** 2),
    0,
  );
  const seconds = repeats * images * pixelsOf(dataset) * cost.inferSecondsPerPixel;
  return { seconds: taskOverheadSeconds + seconds, bytes: layersOf(study) * repeats * points * channels * 4 };
}

export function compareEstimate({ study }: PlanContext): Estimate {
  const { points, channels, repeats, measures } = study.analysis;
  const products = layersOf(study) * repeats * measures.length * points * channels ** 2;
  const values = layersOf(study) * repeats * measures.length * channels;
  return { seconds: 0.2 + products * 1e-8, bytes: 20 * values };
}

export const importEstimate = ({ study }: PlanContext): Estimate => ({
  seconds: taskOverheadSeconds,
  bytes: costs[study.network.architecture].checkpointBytes,
});

export const reportEstimate: Estimate = { seconds: 10, bytes: 5e6 };

/** By how much each of a network's five stages has shrunk the image. */
const stages = [2, 4, 8, 16, 32];
const layersOf = (study: Study) => study.analysis.layers?.length ?? stages.length;
