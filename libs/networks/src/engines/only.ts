/** The inputs of a layer that has one. */
export function only<T>(inputs: readonly T[]): T {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) {
    throw new RangeError(`inputs of a layer: expected 1, found ${inputs.length}`);
  }
  return input;
}
