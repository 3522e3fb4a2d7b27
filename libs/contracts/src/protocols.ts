import type { Dataset, Layout, ProtocolName, Study } from './study.js';

/** What a preset fills in. Everything but the names, paths and layouts that only the user knows. */
export interface Protocol {
  dataset: Omit<Dataset, 'layout' | 'path' | 'labels' | 'split'> & { split: Omit<Dataset['split'], 'group'> };
  preprocessing: 'caffe';
  study: Omit<Study, 'name' | 'protocol' | 'synthetic' | 'datasets' | 'targets' | 'sources'>;
}

/** What the text of the paper says. */
const paper: Protocol = {
  dataset: {
    unlabelled: 'benign',
    imageSize: 224,
    batchSize: 32,
    horizontalFlip: true,
    split: { folds: 5, seed: 2 },
  },
  preprocessing: 'caffe',
  study: {
    strategies: ['finetune', 'freeze'],
    network: { architecture: 'resnet50' },
    training: {
      finetune: { learningRate: 1e-5, maxEpochs: 200, patience: 3, monitor: 'loss' },
      head: { learningRate: 1e-3, maxEpochs: 200, patience: 2, monitor: 'accuracy' },
      pretrain: { learningRate: 1e-3, maxEpochs: 200, patience: 3, monitor: 'loss' },
      dropout: 0.5,
      randomDropout: true,
      augmentation: { rotationDegrees: 10, shiftFraction: 0.1, zoomFraction: 0.1, shearDegrees: 0.1 },
      lowMemory: false,
      onOutOfMemory: 'fail',
      drift: 32,
    },
    evaluation: { holdout: 'shared' },
    analysis: {
      layers: null,
      measures: ['cca'],
      pairs: [
        'start-finetuned',
        'between-starts',
        'between-finetuned',
        'between-strategies',
        'finetuned-random',
        'start-random',
        'random-random',
      ],
      points: 10_000,
      channels: 64,
      repeats: 5,
      epsilon: 1e-10,
      summary: 'sum',
      gain: 'difference',
      independence: 'product',
      filters: 'rgb',
      resamples: 1000,
    },
    seeds: { initialisation: 1, training: 1, sampling: 1 },
  },
};

/** What produced the paper's numbers. */
const paperCode: Protocol = {
  ...paper,
  study: {
    ...paper.study,
    analysis: {
      ...paper.study.analysis,
      summary: 'mean',
      gain: 'relative',
      independence: 'first-squared',
      filters: 'blue',
    },
  },
};

/** Ours: the paper's experiment with what its code got wrong put right. */
const audited: Protocol = {
  dataset: { ...paper.dataset, unlabelled: 'exclude' },
  preprocessing: 'caffe',
  study: {
    ...paper.study,
    evaluation: { holdout: 'nested' },
    analysis: { ...paper.study.analysis, summary: 'mean', gain: 'difference' },
  },
};

/** The presets of `protocol`, each a complete set of settings. */
export const protocolPresets: Record<ProtocolName, Protocol> = { paper, 'paper-code': paperCode, audited };

/** How a layout is split when the study does not say: by patient wherever the layout knows patients. */
export const groupOfLayout: Record<Layout, Dataset['split']['group']> = {
  'class-folders': 'none',
  csv: 'patient',
  busi: 'none',
  'chest-xray': 'patient',
  ddti: 'patient',
  isic2018: 'none',
};
