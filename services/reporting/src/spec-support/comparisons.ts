import type { Model, PairKind, Strategy, Study, StudyResults } from '@palimpsest/contracts';
import { couplesOf, isRandom } from '../view.js';
import { at, foldsOf, hex, layers, sourcesJudgedOn, strategiesOf, type Made } from './made.js';

/** What every comparison of a target puts out. */
export function comparisonsOf(of: Made, target: string): StudyResults['comparisons'] {
  const { study } = of;
  const pairs = pairsOf(study, target);
  return study.analysis.pairs.flatMap((pair) =>
    pairs[pair].flatMap(([a, b]) =>
      (pair === 'between-starts' ? [null] : foldsOf(study)).map((fold) => ({
        ...{ target, pair, a, b, fold, ...at(`compare ${target} ${pair} ${JSON.stringify([a, b, fold])}`) },
        output: {
          layers: layers.map((layer, i) =>
            layerOf(layer, of.similarity({ target, pair, a, b, fold, layer: i })),
          ),
          coefficients: { key: 'x', sha256: hex('x'), bytes: 1 },
        },
      })),
    ),
  );
}

function layerOf(
  layer: string,
  value: number,
): StudyResults['comparisons'][number]['output']['layers'][number] {
  return {
    layer,
    measure: 'cca',
    value,
    sd: 0.01,
    repeats: [value],
    floor: 0.068,
    points: 10_000,
    channels: 64,
    warnings: [],
  };
}

const start = (source: string, turn: 'first' | 'second' = 'first'): Model => ({
  source,
  strategy: null,
  draw: turn,
});
const tuned = (source: string, strategy: Strategy): Model => ({ source, strategy, draw: 'first' });

function pairsOf(study: Study, target: string): Record<PairKind, [Model, Model][]> {
  const sources = sourcesJudgedOn(study, target);
  const informed = sources.filter((source) => !isRandom(study, source));
  const randoms = sources.filter((source) => isRandom(study, source));
  const couples = couplesOf(informed);
  return {
    'start-finetuned': sources.flatMap((s) =>
      strategiesOf(study, s).map((t): [Model, Model] => [start(s), tuned(s, t)]),
    ),
    'between-starts': couples.map(([a, b]) => [start(a), start(b)]),
    'between-finetuned': couples.flatMap(([a, b]) =>
      study.strategies.map((t): [Model, Model] => [tuned(a, t), tuned(b, t)]),
    ),
    'between-strategies':
      study.strategies.length < 2 ? [] : informed.map((s) => [tuned(s, 'finetune'), tuned(s, 'freeze')]),
    'finetuned-random': [],
    'start-random': randoms.flatMap((r) => informed.map((s): [Model, Model] => [start(s), start(r)])),
    'random-random': randoms.map((r) => [start(r), start(r, 'second')]),
  };
}
