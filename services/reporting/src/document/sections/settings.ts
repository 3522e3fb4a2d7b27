import type { Source, Study } from '@palimpsest/contracts';
import { html, type Content, type Markup } from '../../markup.js';
import { count, listed } from '../../numbers.js';
import { stageWords } from '../../stage-words.js';
import { lastOf, measureWords, preprocessingWords, strategyMeaning, summaryWords } from '../../words.js';
import { tableBlock } from '../report.js';

type Setting = [setting: string, value: Content];

/** Every setting of the study in words; those in which the paper's text and its code differ come first. */
export function settingsTables(study: Study): Markup[] {
  return [
    tableBlock(
      'Settings in which the paper’s text and its code differ. Each is a choice of this study.',
      ['Setting', 'Here'],
      disputed(study),
    ),
    tableBlock('Training and evaluation.', ['Setting', 'Here'], trainingSettings(study)),
    tableBlock('Analysis and seeds.', ['Setting', 'Here'], analysisSettings(study)),
    tableBlock(
      'Sources.',
      ['Source', 'Start', 'Pixels'],
      Object.entries(study.sources).map(([name, source]) => sourceRow(name, source)),
    ),
    tableBlock(
      'Targets and other datasets.',
      ['Dataset', 'Settings'],
      Object.entries({ ...study.targets, ...study.datasets }).map(datasetRow),
    ),
  ];
}

function disputed({ analysis, evaluation, training }: Study): Setting[] {
  return [
    ['One number from canonical correlations', summaryWords[analysis.summary]],
    ['Gain', analysis.gain === 'relative' ? '(AUC − AUC of random) / AUC of random' : 'AUC − AUC of random'],
    [
      'Agreement of independent mistakes',
      analysis.independence === 'product' ? 'a₁a₂ + (1 − a₁)(1 − a₂)' : 'a₁² + (1 − a₁)², one accuracy twice',
    ],
    [
      'Judged images',
      evaluation.holdout === 'nested'
        ? 'three quarters of the held-out fold; the other quarter stops the training'
        : 'the held-out fold, which also stops the training',
    ],
    ['Patience of the main stage', `${training.finetune.patience} epochs`],
    ['Dropout of random starts', training.randomDropout ? 'as of all others' : 'none'],
    ['Filters', analysis.filters === 'blue' ? 'blue channel only' : 'all three channels'],
    ['Sampling of images and channels', 'seeded'],
  ];
}

function trainingSettings(study: Study): Setting[] {
  const { training, network, strategies } = study;
  const { augmentation: a, seeds = 1, shots } = training;
  return [
    ['Network', network.architecture],
    ['Strategies', strategies.map((s) => strategyMeaning(study, s)).join('; ')],
    ['Main stage', stageWords(training.finetune)],
    ['Head stage', stageWords(training.head)],
    ['Pre-training', stageWords(training.pretrain)],
    ['Dropout before the last layer', String(training.dropout)],
    ...(seeds > 1 ? [['Trainings of a fold', `${seeds}, with different seeds`] as Setting] : []),
    ...(shots
      ? [['Smaller training sets', `${listed(shots.map(String))} images of each class`] as Setting]
      : []),
    [
      'Augmentation',
      a
        ? `rotation ± ${a.rotationDegrees}°, shift ± ${a.shiftFraction}, zoom ± ${a.zoomFraction}, shear ± ${a.shearDegrees}°`
        : 'none',
    ],
    [
      'When memory runs out',
      training.onOutOfMemory === 'fail'
        ? 'the study fails'
        : 'batches are halved, and as many images make a step',
    ],
    ['Drift', training.drift > 0 ? `measured on ${training.drift} training images a fold` : 'not measured'],
  ];
}

function analysisSettings({ analysis, seeds }: Study): Setting[] {
  return [
    ['Layers', analysis.layers?.join(', ') ?? 'the five stages of the network'],
    ['Measures', listed(analysis.measures.map((measure) => measureWords[measure]))],
    ['Pairs', analysis.pairs.length > 0 ? analysis.pairs.join(', ') : 'none'],
    ['Points, channels, draws', `${count(analysis.points)}, ${analysis.channels}, ${analysis.repeats}`],
    ['Regularisation ε', String(analysis.epsilon).replace('-', '−')],
    ['Bootstrap resamples', count(analysis.resamples)],
    [
      'Seeds',
      `initialisation ${seeds.initialisation}, training ${seeds.training}, sampling ${seeds.sampling}`,
    ],
  ];
}

function sourceRow(name: string, source: Source): Content[] {
  if ('random' in source) return [name, 'Glorot-uniform, a new draw in each fold', 'as the protocol has it'];
  return [name, startWords(source), `${source.preprocessing}: ${preprocessingWords[source.preprocessing]}`];
}

function startWords(source: Exclude<Source, { random: true }>): Content {
  if ('pretrain' in source) return `trained on ${source.pretrain}`;
  const file = html`weights of <code>${lastOf(source.weights)}</code>`;
  if (!('registered' in source)) return file;
  const { registered, licence, citation } = source;
  const terms = [...(licence ? [`licence: ${licence}`] : []), ...(citation ? [citation] : [])];
  return html`${[registered, ...terms].join('; ')}; ${file}`;
}

function datasetRow([name, d]: [string, Study['targets'][string]]): Content[] {
  const labels = Object.entries(d.labels).map(([from, to]) => `“${from}” as “${to}”`);
  const parts = [
    `layout ${d.layout}`,
    `${d.imageSize} px`,
    `batches of ${d.batchSize}`,
    d.horizontalFlip ? 'mirrored at random' : 'never mirrored',
    `${d.split.folds} folds by ${d.split.group === 'patient' ? 'patient' : `class, seed ${d.split.seed}`}`,
    `unlabelled images: ${d.unlabelled}`,
    ...(labels.length > 0 ? [listed(labels)] : []),
  ];
  return [name, parts.join('; ')];
}
