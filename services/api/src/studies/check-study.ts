import { groupOfLayout, type Dataset, type Study } from '@palimpsest/contracts';
import { layersWithWeights, leastImageSize, prototypeNetwork } from '@palimpsest/networks';
import { isRandom, sourcesJudgedOn } from '../plan/context.js';
import type { Problem } from './problem.js';
import { notAccepted } from './registered-weights.js';
import { suggest } from './suggest.js';

/** What no schema can see: names that must agree, and a study that compares nothing. */
export function checkStudy(study: Study): Problem[] {
  const named = [...sameNames(study), ...pretrainedOn(study)];
  return [
    ...named,
    ...noneOrTwice(study),
    ...notAccepted(study),
    ...unknownLayers(study),
    ...smallImages(study),
    ...splits(study),
    ...warmups(study),
    ...frozenParts(study),
    ...smallerSets(study),
    ...(named.length > 0 ? [] : unjudged(study)),
  ];
}

function sameNames({ datasets, targets }: Study): Problem[] {
  return Object.keys(datasets)
    .filter((name) => name in targets)
    .map((name) => ({ path: ['datasets', name], message: 'a target has the same name; names must differ' }));
}

function pretrainedOn({ sources, datasets, targets }: Study): Problem[] {
  const known = [...Object.keys(datasets), ...Object.keys(targets)];
  return Object.entries(sources).flatMap(([name, source]) => {
    if (!('pretrain' in source) || known.includes(source.pretrain)) return [];
    const hint = didYouMean(source.pretrain, known);
    const message = `expected a dataset or target of this study (${known.join(', ')}), found "${source.pretrain}"${hint}`;
    return [{ path: ['sources', name, 'pretrain'], message }];
  });
}

function didYouMean(word: string, known: readonly string[]): string {
  const meant = suggest(word, known);
  return meant ? `; did you mean "${meant}"?` : '';
}

function noneOrTwice({ sources, targets, strategies, analysis }: Study): Problem[] {
  const random = Object.keys(sources).filter((name) => sources[name] && isRandom(sources[name]));
  const lists = { strategies, 'analysis.measures': analysis.measures, 'analysis.pairs': analysis.pairs };
  const layers = { 'analysis.layers': analysis.layers ?? [] };
  return [
    ...empty('targets', targets),
    ...empty('sources', sources),
    ...random.slice(1).map((name) => ({
      path: ['sources', name],
      message: `"${String(random[0])}" is a random start already, and a second one would be the same`,
    })),
    ...Object.entries({ ...lists, ...layers }).flatMap(([path, list]) => twice(path.split('.'), list)),
  ];
}

const empty = (path: string, record: object): Problem[] =>
  Object.keys(record).length > 0 ? [] : [{ path: [path], message: 'expected at least one, found none' }];

function twice(path: string[], list: readonly (string | number)[]): Problem[] {
  return list.flatMap((item, i) =>
    list.indexOf(item) < i ? [{ path: [...path, i], message: `"${item}" is listed twice` }] : [],
  );
}

/** Activations are read below the head; what the layers there are called depends on the architecture alone. */
function unknownLayers({ network: { architecture }, analysis }: Study): Problem[] {
  const { layers, stages } = prototypeNetwork(architecture);
  const known = layers.filter(({ kind }) => kind !== 'dense').map(({ name }) => name);
  const expected = `expected a layer of ${architecture} below its head, such as ${stages.join(', ')}`;
  return (analysis.layers ?? []).flatMap((layer, i) => {
    if (known.includes(layer)) return [];
    const message = `${expected}; found "${layer}"${didYouMean(layer, known)}`;
    return [{ path: ['analysis', 'layers', i], message }];
  });
}

function smallImages(study: Study): Problem[] {
  const { architecture } = study.network;
  const least = leastImageSize(architecture);
  return datasetsOf(study)
    .filter(({ dataset }) => dataset.imageSize < least)
    .map(({ path, dataset: { imageSize } }) => ({
      path: [...path, 'imageSize'],
      message: `expected at least ${least} pixels for ${architecture}, found ${imageSize}`,
    }));
}

function splits(study: Study): Problem[] {
  return datasetsOf(study).flatMap(({ path, dataset: { layout, split } }) => {
    if (split.group !== 'patient' || groupOfLayout[layout] === 'patient') return [];
    const message = `expected none, found "patient": the layout ${layout} knows no patients`;
    return [{ path: [...path, 'split', 'group'], message }];
  });
}

function warmups({ training }: Study): Problem[] {
  return (['finetune', 'head', 'pretrain'] as const).flatMap((stage) => {
    const { schedule, maxEpochs } = training[stage];
    const warmup = schedule?.warmupEpochs ?? 0;
    if (warmup < maxEpochs) return [];
    const message = `expected fewer than the ${maxEpochs} epochs of the stage, found ${warmup}`;
    return [{ path: ['training', stage, 'schedule', 'warmupEpochs'], message }];
  });
}

function frozenParts({ network: { architecture }, training }: Study): Problem[] {
  const { frozenStages, topLayers } = training.finetune;
  if (topLayers === undefined) return [];
  const path = ['training', 'finetune', 'topLayers'];
  if (frozenStages !== undefined)
    return [{ path, message: 'expected none beside frozenStages: each says what is frozen' }];
  const network = prototypeNetwork(architecture);
  const most = layersWithWeights(network).length;
  if (topLayers <= most) return [];
  const message = `expected at most the ${most} layers with weights of ${architecture}, found ${topLayers}`;
  return [{ path, message }];
}

function smallerSets({ training: { shots }, strategies }: Study): Problem[] {
  if (!shots) return [];
  const path = ['training', 'shots'];
  if (!strategies.includes('finetune'))
    return [{ path, message: 'expected none where finetune is not among the strategies' }];
  return twice(path, shots);
}

function datasetsOf({ datasets, targets }: Study): { path: string[]; dataset: Dataset }[] {
  return Object.entries({ datasets, targets }).flatMap(([section, named]) =>
    Object.entries(named).map(([name, dataset]) => ({ path: [section, name], dataset })),
  );
}

/** A source is not judged on the images it was trained on, which may leave a target with nothing. */
function unjudged(study: Study): Problem[] {
  if (Object.keys(study.sources).length === 0) return [];
  return Object.keys(study.targets)
    .filter((target) => sourcesJudgedOn(study, target).length === 0)
    .map((target) => ({
      path: ['targets', target],
      message: 'every source was pre-trained on these very images, and none of them may be judged on them',
    }));
}
