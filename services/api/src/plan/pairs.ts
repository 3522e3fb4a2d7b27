import type { Model, PairKind, Study } from '@palimpsest/contracts';
import { foldsOf, isRandom, sourceOf, sourcesJudgedOn, strategiesOf } from './context.js';

/** Two networks of a fold that are compared; null when neither differs from fold to fold. */
export interface Pair {
  pair: PairKind;
  a: Model;
  b: Model;
  fold: number | null;
}

type Unfolded = Omit<Pair, 'pair' | 'fold'>;

const start = (source: string): Model => ({ source, strategy: null, draw: 'first' });
const secondStart = (source: string): Model => ({ source, strategy: null, draw: 'second' });
const tuned = (source: string, strategy: 'finetune' | 'freeze'): Model => ({
  source,
  strategy,
  draw: 'first',
});

/** The fold of a network that is looked at in some fold: a start that was not drawn is the same in all. */
export function foldOfModel(study: Study, model: Model, fold: number | null): number | null {
  return model.strategy === null && !isRandom(sourceOf(study, model.source)) ? null : fold;
}

/** Which networks of a target are compared with which, in the order of `analysis.pairs`. */
export function pairsOf(study: Study, target: string): Pair[] {
  const folds = foldsOf(study, target);
  return study.analysis.pairs.flatMap((pair) =>
    modelPairs[pair](study, target).flatMap(({ a, b }) => {
      const folded = [a, b].some((model) => foldOfModel(study, model, 1) !== null);
      return (folded ? folds : [null]).map((fold) => ({ pair, a, b, fold }));
    }),
  );
}

const modelPairs: Record<PairKind, (study: Study, target: string) => Unfolded[]> = {
  'start-finetuned': (study, target) =>
    sourcesJudgedOn(study, target).flatMap((source) =>
      strategiesOf(study, source).map((strategy) => ({ a: start(source), b: tuned(source, strategy) })),
    ),
  'between-starts': (study, target) =>
    couples(informed(study, target)).map(([a, b]) => ({ a: start(a), b: start(b) })),
  'between-finetuned': (study, target) =>
    couples(informed(study, target)).flatMap(([a, b]) =>
      study.strategies.map((strategy) => ({ a: tuned(a, strategy), b: tuned(b, strategy) })),
    ),
  'between-strategies': (study, target) =>
    study.strategies.length < 2
      ? []
      : informed(study, target).map((source) => ({
          a: tuned(source, 'finetune'),
          b: tuned(source, 'freeze'),
        })),
  'finetuned-random': (study, target) => {
    const strategy = study.strategies.includes('finetune') ? 'finetune' : 'freeze';
    return withRandom(study, target).map(([source, random]) => ({
      a: tuned(source, strategy),
      b: start(random),
    }));
  },
  'start-random': (study, target) =>
    withRandom(study, target).map(([source, random]) => ({ a: start(source), b: start(random) })),
  'random-random': (study) =>
    randomSources(study).map((random) => ({ a: start(random), b: secondStart(random) })),
};

function randomSources(study: Study): string[] {
  return Object.keys(study.sources).filter((name) => isRandom(sourceOf(study, name)));
}

/** Sources of a target that have seen images before. */
function informed(study: Study, target: string): string[] {
  return sourcesJudgedOn(study, target).filter((name) => !isRandom(sourceOf(study, name)));
}

function withRandom(study: Study, target: string): [source: string, random: string][] {
  return randomSources(study).flatMap((random) =>
    informed(study, target).map((s): [string, string] => [s, random]),
  );
}

function couples(names: string[]): [string, string][] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
}
