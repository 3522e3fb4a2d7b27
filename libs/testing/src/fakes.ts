/** What a task may use, with a store of the test's choosing; what it reports and saves can be looked at. */
export class FakeTaskContext<S> {
  readonly taskId = '0123456789abcdef0123456789abcdef';
  readonly threads = 1;
  readonly reported: { done: number; message: string | undefined }[] = [];
  readonly stop = new AbortController();
  readonly signal: AbortSignal = this.stop.signal;
  state: Uint8Array | undefined;
  /** Attempts that ended for want of memory. */
  deaths = 0;

  constructor(readonly store: S) {}

  readonly progress = (done: number, message?: string): void => {
    this.reported.push({ done, message });
  };

  readonly loadState = (): Promise<Uint8Array | undefined> => Promise.resolve(this.state);

  readonly outOfMemory = (): Promise<number> => Promise.resolve(this.deaths);

  readonly saveState = (state: Uint8Array): Promise<void> => {
    this.state = Uint8Array.from(state);
    return Promise.resolve();
  };
}

/** Time that stands still until the test moves it. */
export class FakeClock {
  #nowMs: number;

  constructor(start = '2024-01-01T00:00:00Z') {
    this.#nowMs = Date.parse(start);
  }

  readonly now = (): Date => new Date(this.#nowMs);

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
