/**
 * P values adjusted for having made several comparisons, in the order given: those at most α keep the chance of
 * any false claim below α, whatever the dependence between them.
 *
 * @throws RangeError when a p value is outside [0, 1]
 *
 * Reference: Holm 1979, Scand. J. Stat. 6, 65–70.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new RangeError(`holm: expected p values in [0, 1], found ${wrong}`);
  const order = Array.from(pValues.keys()).sort((i, j) => (pValues[i] as number) - (pValues[j] as number));
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((i, place) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - place) * (pValues[i] as number)));
    adjusted[i] = largest;
  });
  return adjusted;
}
