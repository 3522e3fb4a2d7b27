/** How canonical correlations become one number. */
export type Summary = 'mean' | 'sum' | 'mean98';

/**
 * One number of canonical correlations: their mean (the paper's numbers), their sum (its Eq. 1), or google/svcca's
 * own `mean`, that of the fewest leading coefficients that hold 98 % of the sum. No coefficients give 0.
 *
 * @param coefficients largest first
 */
export function summarise(coefficients: readonly number[], summary: Summary): number {
  if (coefficients.length === 0) return 0;
  if (summary === 'sum') return sum(coefficients);
  const counted = summary === 'mean' ? coefficients : leading(coefficients, 0.98);
  return sum(counted) / counted.length;
}

function leading(coefficients: readonly number[], share: number): readonly number[] {
  const all = sum(coefficients);
  let held = 0;
  const last = coefficients.findIndex((coefficient) => (held += coefficient) / all >= share);
  return last === -1 ? coefficients : coefficients.slice(0, last + 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
