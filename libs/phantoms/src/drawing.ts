import type { Field } from './field.js';
import type { RandomSource } from './random.js';

/** How hard the classes are to tell apart; 1 and 1 are the defaults. */
export interface Difficulty {
  /** Distance of the classes: 0 for none at all. */
  separation: number;
  /** Strength of grain and speckle: 0 for none. */
  noise: number;
}

/**
 * One view of a subject whose anatomy is settled.
 *
 * @returns the channels, and the standard deviation of the grain
 */
export type Drawing = (
  view: RandomSource,
  size: number,
) => [fields: readonly [Field] | readonly [Field, Field, Field], grain: number];
