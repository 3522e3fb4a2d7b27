import type { TrainStage, TrainingState } from './state.js';

/** Where a training stands within an epoch. */
export interface Position {
  state: Pick<TrainingState, 'stage' | 'stageEpochs'>;
  stages: readonly TrainStage[];
  /** Share of the epoch under way that is done, in [0, 1]. */
  share: number;
}

/**
 * Share of a training that is done, in [0, 1], never falling. An epoch counts as if it were followed by as many
 * more as the patience asks for, because where early stopping ends is not known.
 */
export function shareDone({ state, stages, share }: Position): number {
  const stage = stages[state.stage];
  if (!stage) return 1;
  const epochs = state.stageEpochs + share;
  const expected = Math.min(stage.maxEpochs, epochs + Math.max(stage.patience, 1));
  return (state.stage + epochs / expected) / stages.length;
}

/** How it goes. */
export interface Going {
  /** Mean over the images of the epoch so far. */
  loss: number;
  /** Images a second. */
  rate: number;
  /** Share of the time that was spent waiting for images. */
  waiting: number;
  /** The most memory that the process has held. */
  peakBytes: number;
}

/** Such as "stage all, epoch 3 of at most 20, loss 0.53, 118 images/s, 2 % waiting, 812 MB at most". */
export function describe({ state, stages }: Position, { loss, rate, waiting, peakBytes }: Going): string {
  const { trainable, maxEpochs } = stages[state.stage] as TrainStage;
  const place = `stage ${trainable}, epoch ${state.stageEpochs + 1} of at most ${maxEpochs}`;
  const pace = `${rate.toPrecision(3)} images/s, ${Math.round(100 * waiting)} % waiting`;
  return `${place}, loss ${loss.toPrecision(3)}, ${pace}, ${Math.round(peakBytes / 1e6)} MB at most`;
}

/** Hands out batches, and measures how long each was waited for. */
export class Pace {
  readonly #begin = performance.now();
  #waitedMs = 0;

  constructor(private readonly batches: AsyncGenerator<Float32Array>) {}

  async next(): Promise<Float32Array> {
    const asked = performance.now();
    const { value } = (await this.batches.next()) as { value: Float32Array };
    this.#waitedMs += performance.now() - asked;
    return value;
  }

  of(images: number): Omit<Going, 'loss'> {
    const ms = performance.now() - this.#begin;
    const peakBytes = 1024 * process.resourceUsage().maxRSS;
    return { rate: (1000 * images) / ms, waiting: this.#waitedMs / ms, peakBytes };
  }
}
