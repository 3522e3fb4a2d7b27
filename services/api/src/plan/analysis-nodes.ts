import type { Model, Study, TaskInput } from '@palimpsest/contracts';
import { preprocessingOf, sourcesJudgedOn, strategiesOf, targetOf } from './context.js';
import type { PlanContext } from './context.js';
import { compareEstimate, extractEstimate, inferNeeds, smallNeeds } from './costs.js';
import { keys } from './keys.js';
import type { ResolvableNode } from './node.js';
import { foldOfModel, pairsOf, type Pair } from './pairs.js';
import { deriveSeed } from './seed.js';
import { dataOf, plannedStart, type PlannedStart } from './train-nodes.js';

/** A network in a fold; null for a start that is the same in all. */
interface Seen {
  model: Model;
  fold: number | null;
}

/** The fold whose networks the figure of filters shows. */
const shownFold = 1;

/** Activations of every network of a target that some pair needs, or whose filters are shown. */
export function extractNodes(context: PlanContext, target: string): ResolvableNode<'extract'>[] {
  const { study } = context;
  const compared = pairsOf(study, target).flatMap(({ a, b, fold }): Seen[] => [
    { model: a, fold: foldOfModel(study, a, fold) },
    { model: b, fold: foldOfModel(study, b, fold) },
  ]);
  const seen = new Map(
    [...shown(study, target), ...compared].map((s) => [keys.extract(target, s.model, s.fold), s]),
  );
  return [...seen.values()].map((s) => extractNode(context, target, s));
}

/** Every comparison of a target. */
export function compareNodes(context: PlanContext, target: string): ResolvableNode<'compare'>[] {
  return pairsOf(context.study, target).map((pair) => compareNode(context, target, pair));
}

function shown(study: Study, target: string): Seen[] {
  return sourcesJudgedOn(study, target).flatMap((source) =>
    [null, ...strategiesOf(study, source)].map((strategy): Seen => {
      const model: Model = { source, strategy, draw: 'first' };
      return { model, fold: foldOfModel(study, model, shownFold) };
    }),
  );
}

function extractNode(context: PlanContext, target: string, { model, fold }: Seen): ResolvableNode<'extract'> {
  const { study } = context;
  const dataset = targetOf(study, target);
  const weights = weightsOf(study, target, { model, fold });
  const { layers, points, channels, repeats } = study.analysis;
  return {
    key: keys.extract(target, model, fold),
    kind: 'extract',
    deps: [keys.ingest(target), ...weights.deps],
    about: { kind: 'extract', target, model, fold },
    needs: inferNeeds(study, dataset),
    estimate: extractEstimate(context, { name: target, dataset }),
    resolve: (outputs) => {
      const data = dataOf(outputs, target);
      return {
        ...data,
        architecture: study.network.architecture,
        preprocessing: preprocessingOf(study, model.source),
        imageSize: dataset.imageSize,
        model: weights.start(outputs),
        layers,
        points,
        channels,
        repeats,
        // Of the target alone, so that both networks of every pair see the same images and channels.
        seed: deriveSeed('stimuli', study.seeds.sampling, data.manifest.sha256),
      };
    },
  };
}

function weightsOf(study: Study, target: string, { model, fold }: Seen): PlannedStart {
  const { source, strategy, draw } = model;
  if (strategy === null) return plannedStart(study, source, { fold: fold ?? shownFold, draw });
  const key = keys.train({ target, source, strategy, fold: fold ?? shownFold });
  return { deps: [key], start: (outputs) => ({ weights: outputs.of('train', key).checkpoint }) };
}

function compareNode(context: PlanContext, target: string, pair: Pair): ResolvableNode<'compare'> {
  const { study } = context;
  const [a, b] = [pair.a, pair.b].map((model) =>
    keys.extract(target, model, foldOfModel(study, model, pair.fold)),
  ) as [string, string];
  const { measures, epsilon, summary } = study.analysis;
  return {
    key: keys.compare({ target, ...pair }),
    kind: 'compare',
    deps: [a, b],
    about: { kind: 'compare', target, ...pair },
    needs: smallNeeds,
    estimate: compareEstimate(context),
    resolve: (outputs): TaskInput<'compare'> => ({
      a: outputs.of('extract', a).activations,
      b: outputs.of('extract', b).activations,
      measures,
      epsilon,
      summary,
      seed: deriveSeed('permutation', study.seeds.sampling),
    }),
  };
}
