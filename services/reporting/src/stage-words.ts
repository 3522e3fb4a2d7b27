import type { Stage, Training } from '@palimpsest/contracts';

/** How a stage of a training goes, in words. What a study does not set is not told. */
export function stageWords(stage: Stage | Training['finetune']): string {
  const { learningRate, maxEpochs, patience, monitor } = stage;
  const pace = `${optimiserWords(stage)} at ${String(learningRate)}${scheduleWords(stage)}`;
  const end = `at most ${maxEpochs} epochs, stopped after ${patience} without better validation ${monitor}`;
  const frozen = frozenWords(stage);
  return [
    `${pace}, ${end}`,
    ...(stage.loss?.classWeights === 'balanced' ? ['classes weighted to count alike'] : []),
    ...(stage.loss?.focalGamma ? [`focal loss with γ ${String(stage.loss.focalGamma)}`] : []),
    ...(stage.accumulate && stage.accumulate > 1 ? [`${stage.accumulate} batches a step`] : []),
    ...(frozen ? [`${frozen}, but for random starts`] : []),
  ].join('; ');
}

/** What a stage leaves frozen, in words; undefined where that is nothing. */
export function frozenWords(stage: Stage | Training['finetune']): string | undefined {
  const { frozenStages, topLayers }: Partial<Training['finetune']> = stage;
  if (frozenStages) return `frozen to the end of stage ${frozenStages} of 5`;
  return topLayers ? `only the top ${topLayers} layers with weights` : undefined;
}

function optimiserWords({ optimiser }: Stage): string {
  const { kind, momentum, nesterov, weightDecay } = optimiser ?? { kind: 'adam' };
  const name = { adam: 'Adam', adamw: 'AdamW', sgd: 'gradient descent' }[kind];
  const velocity = momentum && `${nesterov ? 'Nesterov’s momentum' : 'momentum'} ${String(momentum)}`;
  const details = [velocity, weightDecay && `weight decay ${String(weightDecay)}`].filter(Boolean);
  return details.length > 0 ? `${name} (${details.join(', ')})` : name;
}

function scheduleWords({ schedule }: Stage): string {
  if (!schedule) return '';
  const { kind, warmupEpochs, factor, everyEpochs } = schedule;
  const course = {
    constant: '',
    cosine: ' falling along a cosine',
    step: ` times ${String(factor)} after every ${String(everyEpochs)} epochs`,
  }[kind];
  return warmupEpochs ? `${course}, risen to over ${warmupEpochs} epochs` : course;
}
