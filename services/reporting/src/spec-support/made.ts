import { createHash } from 'node:crypto';
import {
  protocolPresets,
  type Manifest,
  type Model,
  type PairKind,
  type Strategy,
  type Study,
  type TrainingAt,
} from '@palimpsest/contracts';
import { Random, seedFrom } from '@palimpsest/numerics';
import { isRandom } from '../view.js';

/** What a made-up study found; all of it can be set. */
export interface Made {
  study: Study;
  imagesPerFold: number;
  classes: string[];
  auc(at: TrainingAt): number | null;
  similarity(at: {
    target: string;
    pair: PairKind;
    a: Model;
    b: Model;
    fold: number | null;
    layer: number;
  }): number;
  audit: Partial<Manifest['audit']>;
  /** Images at once in a training for which memory did not suffice. */
  batchSize?(at: { fold: number }): number | undefined;
}

export const layers = [
  'conv1_relu',
  'conv2_block3_out',
  'conv3_block4_out',
  'conv4_block6_out',
  'conv5_block3_out',
];

/** A study of given targets: two pretrained sources and a random one, unless told otherwise. */
export function aStudy(targets: string[], overrides: Partial<Study> = {}): Study {
  const { dataset, study } = protocolPresets.audited;
  const settings = {
    ...dataset,
    layout: 'csv' as const,
    path: '/home/somebody/images/set.csv',
    labels: {},
    split: { ...dataset.split, group: 'patient' as const },
  };
  return {
    ...study,
    name: 'made-up',
    strategies: ['finetune'],
    protocol: 'audited',
    synthetic: true,
    datasets: { photographs: settings, scans: settings },
    targets: Object.fromEntries(targets.map((target) => [target, settings])),
    sources: {
      natural: { pretrain: 'photographs', preprocessing: 'caffe' },
      radiology: { pretrain: 'scans', preprocessing: 'caffe' },
      random: { random: true },
    },
    ...overrides,
  };
}

/** Random numbers for one purpose. */
export const draw = (...parts: (string | number | null)[]) =>
  new Random(seedFrom(...parts.map((part) => part ?? 'none')));

/** A made-up study with numbers as they might be. */
export function made(overrides: Partial<Made> & Pick<Made, 'study'>): Made {
  const lift: Record<string, number> = { natural: 0.34, radiology: 0.31, random: 0 };
  const kept: Record<PairKind, number> = {
    'start-finetuned': 0.8,
    'between-starts': 0.55,
    'between-finetuned': 0.5,
    'between-strategies': 0.6,
    'finetuned-random': 0.4,
    'start-random': 0.4,
    'random-random': 0.52,
  };
  return {
    imagesPerFold: 24,
    classes: ['benign', 'malignant'],
    auc: ({ target, source, strategy, fold }) => {
      const ease = draw('ease', target).uniform() * 0.12;
      const noise = draw('auc', target, source, strategy, fold).normal() * 0.025;
      return Math.min(
        0.999,
        0.53 + ease + (lift[source] ?? 0.2) + noise - (strategy === 'freeze' ? 0.02 : 0),
      );
    },
    similarity: ({ target, pair, a, b, fold, layer }) => {
      const noise = draw('cca', target, pair, a.source, b.source, b.strategy, fold, layer).normal() * 0.02;
      const ofTarget = draw('reuse', target, a.source).normal() * 0.05;
      return Math.max(
        0.05,
        kept[pair] - layer * 0.09 + (a.source === 'natural' ? 0.08 : 0) + ofTarget + noise,
      );
    },
    audit: {},
    ...overrides,
  };
}

/** Folds of a made-up study, from 1. */
export const foldsOf = (study: Study) =>
  Array.from({ length: Object.values(study.targets)[0]?.split.folds ?? 5 }, (_, i) => i + 1);

/** Sources that are judged on a target: one that was trained on its images is not. */
export const sourcesJudgedOn = ({ sources }: Study, target: string): string[] =>
  Object.entries(sources).flatMap(([name, source]) =>
    'pretrain' in source && source.pretrain === target ? [] : [name],
  );

/** How a source is trained. */
export const strategiesOf = (study: Study, source: string): Strategy[] =>
  isRandom(study, source) ? ['finetune'] : study.strategies;

/** SHA-256 of a text, in hex. */
export const hex = (text: string) => createHash('sha256').update(text).digest('hex');
/** What stands beside every output. */
export const at = (taskId: string) => ({ taskId: hex(taskId).slice(0, 32), version: 1 });
