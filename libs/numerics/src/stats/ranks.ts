/**
 * Ranks from 1, ascending; equal values share the mean of their ranks.
 *
 * @throws RangeError when a value is NaN
 */
export function midranks(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('ranks: expected numbers, found NaN');
  const rankOf = new Map<number, number>();
  for (let start = 0; start < sorted.length;) {
    const value = sorted[start] as number;
    let end = start + 1;
    while (sorted[end] === value) end++;
    rankOf.set(value, (start + 1 + end) / 2);
    start = end;
  }
  return Float64Array.from(values, (value) => rankOf.get(value) as number);
}
