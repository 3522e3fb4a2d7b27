/** Means over the steps of an epoch of what each showed of the stages. */
export class NormMeans {
  readonly #sums = new Map<string, number>();
  #steps = 0;

  add(norms: ReadonlyMap<string, number>): void {
    for (const [stage, norm] of norms) this.#sums.set(stage, (this.#sums.get(stage) ?? 0) + norm);
    this.#steps++;
  }

  values(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([stage, sum]) => [stage, sum / this.#steps]));
  }
}
