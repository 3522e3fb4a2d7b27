import type { Study } from '@palimpsest/contracts';
import { divide, prototypeNetwork } from '@palimpsest/networks';
import { listed } from './numbers.js';
import type { LayerSummary } from './statistics/similarity.js';
import { isRandom } from './view.js';
import { shortLayers } from './words.js';

/** Layers that every training leaves as they are, but that of a random start. None where the study freezes none. */
export function frozenLayers({ network: { architecture }, training: { finetune } }: Study): Set<string> {
  const { frozenStages, topLayers } = finetune;
  if (frozenStages === undefined && topLayers === undefined) return new Set();
  const trainable = frozenStages === undefined ? { topLayers: topLayers as number } : { frozenStages };
  return new Set(divide(prototypeNetwork(architecture), trainable).frozen.map(({ name }) => name));
}

/** That frozen layers which were looked at are left out, in a sentence or none. */
export function frozenSentences(study: Study, summaries: readonly LayerSummary[]): string[] {
  const frozen = frozenLayers(study);
  const found = summaries.filter(
    ({ pair, a, layer }) =>
      frozen.has(layer) &&
      !isRandom(study, a.source) &&
      (pair === 'start-finetuned' || pair === 'between-finetuned'),
  );
  if (found.length === 0) return [];
  const names = shortLayers([...new Set(found.map(({ layer }) => layer))]);
  return [`Frozen layers are the same before and after and are not counted: ${listed(names)}.`];
}
