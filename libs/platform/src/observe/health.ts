/** What `/livez` and `/readyz` answer: alive as long as it answers, ready while nothing is named that it waits for. */
export class Health {
  readonly #waitingFor = new Set<string>();

  /** Not ready until `reached`, or ever again: "starting", "stopping". */
  waitFor(what: string): void {
    this.#waitingFor.add(what);
  }

  reached(what: string): void {
    this.#waitingFor.delete(what);
  }

  get readiness(): { ready: boolean; waitingFor: string[] } {
    return { ready: this.#waitingFor.size === 0, waitingFor: [...this.#waitingFor] };
  }
}
