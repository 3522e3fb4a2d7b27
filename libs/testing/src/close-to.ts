/** Whether two numbers agree, relative to the larger; both NaN counts as agreeing. */
export function closeTo(actual: number, expected: number, relative: number): boolean {
  if (Number.isNaN(actual) && Number.isNaN(expected)) return true;
  if (actual === expected) return true;
  return Math.abs(actual - expected) <= relative * Math.max(Math.abs(actual), Math.abs(expected));
}
