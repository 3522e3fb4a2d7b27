/** Arithmetic mean. @throws RangeError when there are no values */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError('mean: expected at least 1 value, found none');
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Standard deviation of a sample: divisor n − 1. @throws RangeError when there are fewer than two values */
export function sd(values: ArrayLike<number>): number {
  if (values.length < 2) throw new RangeError(`sd: expected at least 2 values, found ${values.length}`);
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/**
 * Rounds to so many decimals, halves to the even neighbour, as numpy's `round`: the value times 10^digits is
 * rounded, so 0.285 becomes 0.28 or 0.29 as its product with 100 falls.
 */
export function roundHalfEven(value: number, digits = 0): number {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (up ? below + 1 : below) / scale;
}

/**
 * The value below which a share lies, between order statistics linearly (numpy's default).
 *
 * @param sorted ascending
 * @param share in [0, 1]
 * @throws RangeError when there are no values
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) throw new RangeError('quantile: expected at least 1 value, found none');
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (place - below) * (high - low);
}
