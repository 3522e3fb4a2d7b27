import {
  PlatformError,
  type ArtifactRef,
  type Curves,
  type Predictions,
  type TaskInput,
  type TaskOutput,
} from '@palimpsest/contracts';
import { buildNetwork, openEngine, type Engine, type Network, type Weights } from '@palimpsest/networks';
import type { TaskContext } from '@palimpsest/platform';
import { encodeCheckpoint } from './checkpoint.js';
import { labelsOf, openFold, type FoldData } from './data.js';
import { DivergedError } from './diverged.js';
import { Drift } from './drift.js';
import { score } from './evaluate.js';
import { fit } from './fit.js';
import { allowedHalvings, explain, isOutOfMemory } from './out-of-memory.js';
import { predict } from './predict.js';
import { probe } from './probe.js';
import { ThreadPreparer } from './preparer.js';
import { startWeights } from './start-weights.js';
import { beginWith, decodeState, encodeState } from './state.js';

type TrainInput = TaskInput<'train'>;

/**
 * Trains a network with one fold held out, or fits a linear probe, and judges it there. A training goes on where a cut-off
 * attempt stopped.
 */
export async function train(input: TrainInput, context: TaskContext): Promise<TaskOutput<'train'>> {
  const { store, threads, signal } = context;
  const data = await openFold(store, input);
  const { architecture, imageSize, dropout, seeds, start } = input;
  const engine = openEngine(context.engine);
  const network = buildNetwork(architecture, { imageSize, dropout, classes: data.classes.length });
  const begin = () => startWeights(store, network, { start, headSeed: seeds.head });
  if (input.strategy === 'probe') {
    const { weights, curves } = await probe(await begin(), data, {
      ...{ ...input, engine, network, threads, signal, seed: seeds.training },
      progress: (done, message) => context.progress(done, message),
    });
    return finish({ engine, network, data, input, context, halvings: 0 }, weights, curves);
  }
  const saved = await context.loadState();
  const from = saved ? decodeState(saved) : beginWith(await begin());
  const run = { ...input, ...{ engine, network, threads }, seed: seeds.training };
  const drift = input.drift
    ? await Drift.open(saved ? await begin() : from.weights, data, { ...run, images: input.drift })
    : undefined;
  const halvings = await halvingsOf(input, context);
  const preparer = new ThreadPreparer();
  const training = { engine, network, data, input, context, halvings };
  try {
    const { weights, curves } = await fit(data, from, {
      ...run,
      ...{ preparer, signal, drift, halvings },
      save: (state) => context.saveState(encodeState(state)),
      progress: (done, message) => context.progress(done, message),
    }).catch(async (error: unknown) => {
      if (error instanceof DivergedError) throw await withLastGood(error, training);
      throw isOutOfMemory(error) ? explain(error, { network, ...input, halvings }) : error;
    });
    return await finish(training, weights, curves);
  } finally {
    await preparer.close();
  }
}

/** A batch is halved once for every attempt that memory ended, where the study allows it, down to one image. */
async function halvingsOf(input: TrainInput, context: TaskContext): Promise<number> {
  return Math.min(await context.outOfMemory(), allowedHalvings(input));
}

interface Finished {
  engine: Engine;
  network: Network;
  data: FoldData;
  input: TrainInput;
  context: TaskContext;
  halvings: number;
}

/** Judges what was learnt, and writes it all down. */
async function finish(run: Finished, weights: Weights, curves: Curves): Promise<TaskOutput<'train'>> {
  const { engine, network, data, input, context } = run;
  const { store, threads, signal } = context;
  const { rows } = data;
  const options = { engine, network, threads, preprocessing: input.preprocessing, signal };
  const probabilities = await predict(weights, data, rows.judged, options);
  const { accuracy, auc } = score({ probabilities, labels: labelsOf(data, rows.judged) });
  return {
    checkpoint: await putCheckpoint(run, weights, curves.best),
    curves: await store.putJson('curves', curves),
    predictions: await store.putJson('predictions', predictionsOf(data, probabilities)),
    ...{ auc, accuracy, epochs: curves.epochs.length },
  };
}

async function putCheckpoint(run: Finished, weights: Weights, epoch: number): Promise<ArtifactRef> {
  const { engine, network, data, input, context, halvings } = run;
  const { engine: name, runtime, version } = await engine.describe();
  const checkpoint = encodeCheckpoint(network, weights, {
    taskId: context.taskId,
    input,
    engine: `${name} (${runtime} ${version})`,
    classes: data.classes,
    epoch,
    halvings,
  });
  return context.store.put('checkpoints', checkpoint, '.safetensors');
}

/** The error that a training diverged, which says where its best weights until then are, where it had any. */
async function withLastGood(error: DivergedError, run: Finished): Promise<PlatformError> {
  const saved = await run.context.loadState();
  if (!saved) return error;
  const { best, kept, weights } = decodeState(saved);
  const good = best ?? { epoch: kept, weights };
  const { key } = await putCheckpoint(run, good.weights, good.epoch);
  const message = `${error.message}; the weights of epoch ${good.epoch} are ${key}`;
  return new PlatformError('invalid', message, { cause: error });
}

function predictionsOf({ classes, labels, rows }: FoldData, probabilities: Float32Array): Predictions {
  const images = rows.judged.map((image, i) => ({
    image,
    class: labels[image] as number,
    probabilities: [...probabilities.subarray(i * classes.length, (i + 1) * classes.length)],
  }));
  return { classes, images };
}
