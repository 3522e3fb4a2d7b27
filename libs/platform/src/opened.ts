/** What the parts of a program have opened: closed when it ends, and when it cannot start because another part failed. */
export class Opened {
  readonly #closers: (() => Promise<unknown>)[] = [];
  #closed = false;

  /**
   * Opens something, and closes it with everything else.
   *
   * @throws what `open` throws, or an Error when everything is closed already
   */
  async keep<T>(open: () => T | Promise<T>, close: (opened: T) => Promise<unknown>): Promise<T> {
    if (this.#closed) throw new Error('expected to open it before everything was closed');
    const opening = (async () => open())();
    // What could not be opened needs no closing.
    this.#closers.push(() => opening.then(close, () => undefined));
    return opening;
  }

  /**
   * Closes all of it, the last first, once what is being opened is open.
   *
   * @throws the first failure, when everything else is closed
   */
  async close(): Promise<void> {
    this.#closed = true;
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse())
      await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
