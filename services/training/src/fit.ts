import { PlatformError, type Curves, type TaskInput } from '@palimpsest/contracts';
import { chunksOf, orderOfEpoch, trainingImages } from './batches.js';
import type { FoldData } from './data.js';
import { score } from './evaluate.js';
import { predict, type Predictor } from './predict.js';
import { describe, shareDone } from './progress.js';
import { advance, type TrainerState, type TrainingState, type TrainStage, type Weights } from './state.js';

/** A network that learns, step by step. */
export interface Trainer extends Predictor {
  /** @param labels class numbers @returns the mean loss of these images, before the step */
  step(images: Float32Array, labels: Int32Array): Promise<number>;
  /** A copy of what was learnt so far. */
  state(): Promise<TrainerState>;
  close(): Promise<void>;
}

export interface FitOptions extends Pick<
  TaskInput<'train'>,
  'batchSize' | 'preprocessing' | 'augmentation' | 'stages'
> {
  seed: number;
  signal: AbortSignal;
  /** Called after every epoch; what it is given is enough to go on from there. */
  save(state: TrainingState): Promise<void>;
  progress(done: number, message: string): void;
}

/** Opens a trainer at a state: the same optimiser, or a fresh one where a stage begins. */
export type OpenTrainer = (from: TrainerState, stage: TrainStage) => Promise<Trainer>;

/**
 * Runs the stages that a state has not run yet.
 *
 * @returns the weights that the last stage keeps
 * @throws PlatformError `invalid` when a loss is no finite number; the signal's reason when it is aborted
 */
export async function fit(
  open: OpenTrainer,
  data: FoldData,
  from: TrainingState,
  options: FitOptions,
): Promise<{ weights: Weights; curves: Curves }> {
  let state = from;
  for (let stage; (stage = options.stages[state.stage]);) {
    const trainer = await open(state.trainer, stage);
    try {
      state = await runStage({ trainer, stage, data, options }, state);
    } finally {
      await trainer.close();
    }
  }
  return { weights: state.trainer.weights, curves: { epochs: state.curve, best: state.kept } };
}

interface Stage {
  trainer: Trainer;
  stage: TrainStage;
  data: FoldData;
  options: FitOptions;
}

async function runStage(run: Stage, from: TrainingState): Promise<TrainingState> {
  let state = from;
  while (state.stage === from.stage) {
    state = await runEpoch(run, state);
    await run.options.save(state);
  }
  return state;
}

async function runEpoch(
  { trainer, stage, data, options }: Stage,
  state: TrainingState,
): Promise<TrainingState> {
  const trainLoss = await trainEpoch({ trainer, stage, data, options }, state);
  const labels = Int32Array.from(data.rows.validation, (row) => data.labels[row] as number);
  const probabilities = await predict(trainer, data, data.rows.validation, options);
  const { loss, accuracy, auc } = score({ probabilities, labels });
  const epoch = state.curve.length + 1;
  requireFinite(loss, `validation loss, ${where(stage, epoch)}`);
  const point = {
    epoch,
    stage: stage.trainable,
    learningRate: stage.learningRate,
    trainLoss,
    validationLoss: loss,
    validationAccuracy: accuracy,
    validationAuc: auc,
  };
  return advance(state, stage, { point, trainer: await trainer.state() });
}

/** @returns the mean loss over the images of the epoch, each as it was before its step */
async function trainEpoch({ trainer, stage, data, options }: Stage, state: TrainingState): Promise<number> {
  const epoch = state.curve.length + 1;
  const batches = chunksOf(orderOfEpoch(data.rows.train, { ...options, epoch }), options.batchSize);
  let sum = 0;
  let seen = 0;
  for (const [i, rows] of batches.entries()) {
    options.signal.throwIfAborted();
    const images = await trainingImages(data.pixels, rows, { ...options, epoch });
    const labels = Int32Array.from(rows, (row) => data.labels[row] as number);
    const loss = await trainer.step(images, labels);
    requireFinite(loss, `loss, ${where(stage, epoch)}, step ${i + 1} of ${batches.length}`);
    sum += loss * rows.length;
    seen += rows.length;
    const position = { state, stages: options.stages, share: (i + 1) / batches.length };
    options.progress(shareDone(position), describe(position, sum / seen));
  }
  return sum / seen;
}

function where({ trainable, learningRate }: TrainStage, epoch: number): string {
  return `stage ${trainable} (learning rate ${learningRate}), epoch ${epoch}`;
}

function requireFinite(loss: number, what: string): void {
  if (Number.isFinite(loss)) return;
  throw new PlatformError(
    'invalid',
    `${what}: expected a finite number, found ${loss}; a lower learning rate may help`,
  );
}
