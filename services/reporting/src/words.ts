import type {
  Manifest,
  Measure,
  Model,
  PairKind,
  JudgedAs,
  Preprocessing,
  Study,
} from '@palimpsest/contracts';
import { frozenWords } from './stage-words.js';
import { isRandom, type View } from './view.js';

/** How a network was trained, as a column's head says it. Without a source, how those that are not random were. */
export function strategyWords(study: Study, strategy: JudgedAs, source?: string): string {
  if (strategy === 'probe') return 'linear probe';
  if (strategy === 'freeze') return 'head first';
  const whole = source !== undefined && isRandom(study, source);
  return frozenWords(study.training.finetune) && !whole ? 'unfrozen weights' : 'all weights';
}

/** The same, but nothing of a random start where it was only trained: there is one way. */
export function armWords(
  { study, probes }: View,
  { source, strategy }: { source: string; strategy: JudgedAs },
): string {
  return probes.length === 0 && isRandom(study, source) ? '' : strategyWords(study, strategy, source);
}

/** What it means. */
export function strategyMeaning({ training }: Study, strategy: JudgedAs): string {
  const frozen = frozenWords(training.finetune);
  const [weights, note] = frozen
    ? ['all weights that are not frozen', `${frozen}, but for random starts`]
    : ['all weights', undefined];
  if (strategy === 'finetune') return `${weights} are trained at once (${note ?? 'the paper’s “no freeze”'})`;
  if (strategy === 'freeze')
    return `the head is trained first with the base frozen, then ${weights} (${note ?? 'the paper’s “freeze”'})`;
  return 'a linear head on the start as it is, in closed form (ridge regression; λ by leaving out each training image)';
}

/** Which networks `finetune` made. */
export const atOnceWords = ({ training }: Study): string =>
  `whose ${frozenWords(training.finetune) ? 'unfrozen weights' : 'weights'} were all trained at once`;

/** A network's name: "natural", "natural, fine-tuned", "random, second draw". */
export function modelWords({ source, strategy, draw }: Model): string {
  if (strategy === 'finetune') return `${source}, fine-tuned`;
  if (strategy === 'freeze') return `${source}, fine-tuned head first`;
  return draw === 'second' ? `${source}, second draw` : source;
}

/** The name of a network that was judged. */
export function judgedWords(source: string, strategy: JudgedAs): string {
  return strategy === 'probe' ? `${source}, linear probe` : modelWords({ source, strategy, draw: 'first' });
}

export const pairWords: Record<PairKind, string> = {
  'start-finetuned': 'a start and what fine-tuning made of it',
  'between-starts': 'two starts',
  'between-finetuned': 'two fine-tuned networks',
  'between-strategies': 'one start, fine-tuned in two ways',
  'finetuned-random': 'a fine-tuned network and a random one',
  'start-random': 'a start and a random one',
  'random-random': 'two random draws',
};

export const measureWords: Record<Measure, string> = {
  cca: 'CCA',
  svcca: 'SVCCA',
  pwcca: 'PWCCA',
  cka: 'linear CKA',
};

export const summaryWords: Record<Study['analysis']['summary'], string> = {
  mean: 'mean of the canonical correlations',
  sum: 'sum of the canonical correlations',
  mean98: 'mean of the canonical correlations that make up 98 % of their sum',
};

export const preprocessingWords: Record<Preprocessing, string> = {
  caffe: 'RGB to BGR, minus 103.939, 116.779, 123.680',
  'caffe/255': 'RGB to BGR, minus 103.939, 116.779, 123.680, divided by 255',
  'minus-one-to-one': 'from −1 to 1',
  torch: 'from 0 to 1, then the mean and deviation of ImageNet',
  none: 'as they are',
};

/** Short names of layers where they stay different: conv3_block4_out is conv3. */
export function shortLayers(layers: readonly string[]): string[] {
  const short = layers.map((layer) => layer.split('_')[0] ?? layer);
  return new Set(short).size === layers.length ? short : [...layers];
}

/** Whether test images are split off, and by what a fold is held together. */
export function splitWords({ folds, group, holdout, seed }: Manifest): string {
  const how =
    group === 'patient' ? 'all images of a patient in one fold' : `stratified by class, seed ${seed}`;
  const held =
    holdout === 'nested'
      ? 'a quarter of the held-out fold stops the training, the rest is judged'
      : 'the held-out fold stops the training and is judged';
  return `${folds} folds, ${how}; ${held}`;
}

/** The last part of a path: where the files of a study lie is nobody's business. */
export function lastOf(path: string): string {
  return (
    path
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? path
  );
}

/** A study without the places its files lie in. */
export function withoutPlaces(study: Study): Study {
  const short = (datasets: Study['targets']) =>
    Object.fromEntries(Object.entries(datasets).map(([name, d]) => [name, { ...d, path: lastOf(d.path) }]));
  const sources = Object.entries(study.sources).map(([name, source]) => [
    name,
    'weights' in source ? { ...source, weights: lastOf(source.weights) } : source,
  ]);
  return {
    ...study,
    datasets: short(study.datasets),
    targets: short(study.targets),
    sources: Object.fromEntries(sources) as Study['sources'],
  };
}
