/** Where the numbers come from: one stream, drawn in order. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** A stream of its own for each thing that is drawn: equal parts give equal numbers, other parts unrelated ones. */
export type RandomFactory = (...parts: (string | number)[]) => RandomSource;

/** Uniform between two numbers. */
export function between(random: RandomSource, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
