import type { Study } from '@palimpsest/contracts';
import { frozenLayers, frozenSentences } from '../frozen.js';
import { groupBy } from '../group-by.js';
import { fixed, listed } from '../numbers.js';
import type { LayerSummary } from '../statistics/similarity.js';
import { isRandom, mainStrategy, type View } from '../view.js';
import { shortLayers } from '../words.js';
import type { Finding } from './finding.js';

/** A layer of a start on a target: is it closer to what fine-tuning made of it than two random draws are to each other? */
interface Kept {
  target: string;
  source: string;
  layer: string;
  summary: LayerSummary;
  /** null where random draws were not compared. */
  aboveRandom: boolean | null;
}

/** A layer of two sources on a target: are they less alike after fine-tuning? */
interface Apart {
  target: string;
  couple: string;
  less: boolean;
}

/** What fine-tuning left of each start, and whether two starts came closer. First measure, main strategy. */
export function reuseFindings(view: View, summaries: readonly LayerSummary[]): Finding[] {
  const [kept, apart] = [keptLayers(view, summaries), apartLayers(view, summaries)];
  const found = view.targets.flatMap((target) => {
    const starts = [
      ...groupBy(
        kept.filter((k) => k.target === target),
        ({ source }) => source,
      ),
    ].map(([, layers]) => keptWords(layers));
    const couples = [
      ...groupBy(
        apart.filter((a) => a.target === target),
        ({ couple }) => couple,
      ),
    ];
    const sentences = [...starts, ...couples.map(([couple, layers]) => apartWords(couple, layers))];
    return sentences.length === 0 ? [] : [{ about: target, text: `${sentences.join('. ')}.` }];
  });
  const left = frozenSentences(view.study, summaries).map((text) => ({ about: 'left out', text }));
  return [...found, ...left];
}

/** The same over all targets, in a sentence or none. */
export function reuseInShort(view: View, summaries: readonly LayerSummary[]): string[] {
  const kept = keptLayers(view, summaries).filter(({ aboveRandom }) => aboveRandom !== null);
  const apart = apartLayers(view, summaries);
  const starts = [...groupBy(kept, ({ source }) => source)].map(
    ([source, layers]) =>
      `${source} in ${layers.filter(({ aboveRandom }) => aboveRandom).length} of ${layers.length} layers`,
  );
  const couples = [...groupBy(apart, ({ couple }) => couple)].map(
    ([couple, layers]) =>
      `${couple} became less alike in ${layers.filter(({ less }) => less).length} of ${layers.length} layers`,
  );
  const first =
    starts.length > 0
      ? [
          `After fine-tuning, networks resemble their start more than two random draws resemble each other: ${listed(starts)}, counted over targets.`,
        ]
      : [];
  const second = couples.length > 0 ? [`Fine-tuned on the same target, ${listed(couples)}.`] : [];
  return [...first, ...second, ...frozenSentences(view.study, summaries)];
}

/** Of the first measure, without frozen layers. */
function shownOf(study: Study, summaries: readonly LayerSummary[]): LayerSummary[] {
  const frozen = frozenLayers(study);
  return summaries.filter(
    ({ measure, layer }) => measure === study.analysis.measures[0] && !frozen.has(layer),
  );
}

function keptLayers({ study }: View, summaries: readonly LayerSummary[]): Kept[] {
  const shown = shownOf(study, summaries);
  return shown
    .filter(
      (s) =>
        s.pair === 'start-finetuned' && s.b.strategy === mainStrategy(study) && !isRandom(study, s.a.source),
    )
    .map((summary) => {
      const { target, layer, a } = summary;
      const random = shown.find(
        (s) => s.pair === 'random-random' && s.target === target && s.layer === layer,
      );
      return {
        target,
        source: a.source,
        layer,
        summary,
        aboveRandom: random ? summary.mean > random.mean : null,
      };
    });
}

function apartLayers({ study }: View, summaries: readonly LayerSummary[]): Apart[] {
  const shown = shownOf(study, summaries);
  const after = shown.filter((s) => s.pair === 'between-finetuned' && s.a.strategy === mainStrategy(study));
  return after.flatMap((s) => {
    const before = shown.find(
      (b) =>
        b.pair === 'between-starts' &&
        b.target === s.target &&
        b.layer === s.layer &&
        b.a.source === s.a.source &&
        b.b.source === s.b.source,
    );
    return before
      ? [{ target: s.target, couple: `${s.a.source} and ${s.b.source}`, less: s.mean < before.mean }]
      : [];
  });
}

function keptWords(layers: readonly Kept[]): string {
  const names = shortLayers(layers.map(({ layer }) => layer));
  const values = [layers[0], layers.at(-1)].map((k) => fixed(k?.summary.mean ?? 0, 2));
  const path = `${layers[0]?.source ?? ''} ${values[0] ?? ''} in ${names[0] ?? ''}, ${values[1] ?? ''} in ${names.at(-1) ?? ''}`;
  const above = layers.flatMap(({ aboveRandom }, i) => (aboveRandom ? [names[i] ?? ''] : []));
  if (layers.some(({ aboveRandom }) => aboveRandom === null))
    return `${path} (chance ${chanceWords(layers)})`;
  return `${path}: above two random draws ${aboveWords(above, layers.length)}`;
}

function chanceWords(layers: readonly Kept[]): string {
  return `${fixed(layers[0]?.summary.floor ?? 0, 2)} to ${fixed(layers.at(-1)?.summary.floor ?? 0, 2)}`;
}

function aboveWords(above: readonly string[], layers: number): string {
  if (above.length === layers) return 'in every layer';
  return above.length === 0 ? 'in no layer' : `in ${listed(above)} only`;
}

function apartWords(couple: string, layers: readonly Apart[]): string {
  const less = layers.filter((l) => l.less).length;
  if (less === layers.length) return `${couple} became less alike in every layer`;
  if (less === 0) return `${couple} became more alike in every layer`;
  return `${couple} became less alike in ${less} of ${layers.length} layers`;
}
