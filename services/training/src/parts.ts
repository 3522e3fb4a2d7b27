import type { StepPart } from '@palimpsest/networks';

/** What a batch is within its epoch. */
export interface BatchPlace {
  /** From 0. */
  step: number;
  /** Left out where the batch is a whole step. */
  part?: StepPart;
}

/**
 * The steps of an epoch, of which so many batches make one; the last may have fewer. Every image of a step counts alike,
 * also where its batches differ in size.
 */
export function placesOf(batches: readonly (readonly number[])[], accumulate = 1): BatchPlace[] {
  return batches.map((batch, i) => {
    const step = Math.floor(i / accumulate);
    if (accumulate === 1) return { step };
    const together = batches.slice(step * accumulate, (step + 1) * accumulate);
    const images = together.reduce((sum, { length }) => sum + length, 0);
    const last = i + 1 === step * accumulate + together.length;
    return { step, part: { share: batch.length / images, last } };
  });
}
