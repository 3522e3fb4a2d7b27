import type { Curves, TaskInput } from '@palimpsest/contracts';
import type { Engine, Network, Trainer, Weights } from '@palimpsest/networks';
import { seedFrom } from '@palimpsest/numerics';
import { chunksOf, orderOfEpoch, splitEvenly, trainingBatches } from './batches.js';
import { labelsOf, type FoldData } from './data.js';
import { requireBelowExplosion, requireFinite } from './diverged.js';
import type { Drift } from './drift.js';
import { NormMeans } from './norm-means.js';
import type { Preparer } from './preparer.js';
import { imagesAtOnce } from './out-of-memory.js';
import { placesOf, type BatchPlace } from './parts.js';
import { describe, Pace, shareDone } from './progress.js';
import { trainOptionsOf } from './recipe.js';
import { learningRateAt } from './schedule.js';
import { advance, type CurvePoint, type TrainingState, type TrainStage } from './state.js';
import { validate } from './validate.js';

export interface FitOptions extends Pick<
  TaskInput<'train'>,
  'batchSize' | 'preprocessing' | 'augmentation' | 'stages' | 'lowMemory'
> {
  engine: Engine;
  network: Network;
  threads: number;
  preparer: Preparer;
  /** Of the order of images, their augmentation, and dropout. */
  seed: number;
  /** How often the batch is halved, and twice as many gathered for a step; never when left out. */
  halvings?: number;
  /** Measured after every epoch, where it is wanted. */
  drift?: Drift | undefined;
  signal: AbortSignal;
  /** Called after every epoch; what it is given is enough to go on from there. */
  save(state: TrainingState): Promise<void>;
  progress(done: number, message: string): void;
}

/**
 * Runs the stages that a state has not run yet.
 *
 * @returns the weights that the last stage keeps
 * @throws DivergedError when a loss is no finite number or explodes; the signal's reason when it is aborted
 */
export async function fit(
  data: FoldData,
  from: TrainingState,
  options: FitOptions,
): Promise<{ weights: Weights; curves: Curves }> {
  let state = from;
  for (let stage; (stage = options.stages[state.stage]);) {
    const trainer = await openTrainer({ stage, data, options }, state);
    try {
      state = await runStage({ trainer, stage, data, options }, state);
    } finally {
      await trainer.dispose();
    }
  }
  return { weights: state.weights, curves: { epochs: state.curve, best: state.kept } };
}

interface Stage {
  trainer: Trainer;
  stage: TrainStage;
  data: FoldData;
  options: FitOptions;
}

function openTrainer(
  { stage, data, options }: Omit<Stage, 'trainer'>,
  state: TrainingState,
): Promise<Trainer> {
  const { engine, network, threads, lowMemory } = options;
  const [seed] = seedFrom('dropout', options.seed, state.stage);
  const accumulate = batchesAStep(stage, options);
  return engine.train(network, state.weights, {
    ...trainOptionsOf({ ...stage, accumulate }, data),
    ...{ threads, lowMemory, seed },
    ...(state.optimiser && { state: state.optimiser }),
  });
}

const batchesAStep = ({ accumulate = 1 }: TrainStage, { halvings = 0 }: FitOptions) =>
  accumulate * 2 ** halvings;

async function runStage(run: Stage, from: TrainingState): Promise<TrainingState> {
  let state = from;
  while (state.stage === from.stage) {
    state = await runEpoch(run, state);
    await run.options.save(state);
  }
  return state;
}

async function runEpoch(run: Stage, state: TrainingState): Promise<TrainingState> {
  const { stage, trainer } = run;
  const trained = await trainEpoch(run, state);
  const epoch = state.curve.length + 1;
  const at = where(stage, trained.learningRate, epoch);
  requireBelowExplosion(trained.trainLoss, `mean loss, ${at}`);
  const learnt = trainer.state();
  const validated = await validate(learnt.weights, run.data, { ...run.options, at });
  const { halvings = 0 } = run.options;
  const fewer = halvings > 0 && { batchSize: imagesAtOnce({ ...run.options, halvings }) };
  const point = { epoch, stage: stage.trainable, ...fewer, ...trained, ...validated };
  return advance(state, stage, { point, trainer: learnt });
}

type Trained = Pick<CurvePoint, 'trainLoss' | 'learningRate' | 'gradientNorms'>;

/** @returns the mean loss over the images of the epoch, each as it was before its step, and the rate of the last step */
async function trainEpoch({ trainer, stage, data, options }: Stage, state: TrainingState): Promise<Trained> {
  const epoch = state.curve.length + 1;
  const { batchSize, halvings = 0 } = options;
  const batches = chunksOf(orderOfEpoch(data.rows.train, { ...options, epoch }), batchSize).flatMap((batch) =>
    splitEvenly(batch, 2 ** halvings),
  );
  const places = placesOf(batches, batchesAStep(stage, options));
  const stepsPerEpoch = (places.at(-1)?.step ?? 0) + 1;
  const { preprocessing, augmentation, seed, preparer } = options;
  const preparation = { preprocessing, augmentation, seed, preparer, epoch };
  const pace = new Pace(trainingBatches(data.pixels, batches, preparation));
  const norms = new NormMeans();
  let [sum, seen, learningRate] = [0, 0, stage.learningRate];
  for (const [i, rows] of batches.entries()) {
    options.signal.throwIfAborted();
    const images = await pace.next();
    const { step, ...place } = places[i] as BatchPlace;
    const since = state.stageEpochs * stepsPerEpoch + step;
    learningRate = learningRateAt(stage, { step: since, stepsPerEpoch });
    const labels = labelsOf(data, rows);
    const { loss, gradientNorms } = await trainer.step(images, labels, { learningRate, ...place });
    requireFinite(loss, `loss, ${where(stage, learningRate, epoch)}, step ${step + 1} of ${stepsPerEpoch}`);
    if (gradientNorms) norms.add(gradientNorms);
    sum += loss * rows.length;
    seen += rows.length;
    const position = { state, stages: options.stages, share: (i + 1) / batches.length };
    options.progress(shareDone(position), describe(position, { loss: sum / seen, ...pace.of(seen) }));
  }
  return { trainLoss: sum / seen, learningRate, gradientNorms: norms.values() };
}

function where({ trainable }: TrainStage, learningRate: number, epoch: number): string {
  return `stage ${trainable} (learning rate ${learningRate}), epoch ${epoch}`;
}
