import type { Stage } from '@palimpsest/contracts';

/** What early stopping remembers from epoch to epoch; plain JSON, so that a cut-off training can go on with it. */
export interface Memory {
  /** The best value so far; null before the first epoch. */
  best: number | null;
  /** Epochs since then. */
  wait: number;
}

/** Before the first epoch of a stage. */
export const nothingSeen: Memory = { best: null, wait: 0 };

/** Whether a value beats the best so far: a loss has to be lower, an accuracy higher; equal is not better. */
export function isBetter(value: number, best: number | null, monitor: Stage['monitor']): boolean {
  if (best === null) return true;
  return monitor === 'loss' ? value < best : value > best;
}

/**
 * One epoch of Keras' `EarlyStopping` with `min_delta` 0: it stops as soon as `patience` epochs in a row, and at
 * least one, were no better than the best before them.
 *
 * @param value the monitored loss or accuracy on the validation images, after this epoch
 */
export function observe(
  memory: Memory,
  value: number,
  { monitor, patience }: Pick<Stage, 'monitor' | 'patience'>,
): { memory: Memory; stop: boolean } {
  if (isBetter(value, memory.best, monitor)) return { memory: { best: value, wait: 0 }, stop: false };
  const wait = memory.wait + 1;
  return { memory: { best: memory.best, wait }, stop: wait >= patience };
}
