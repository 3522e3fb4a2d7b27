import { bytes, duration } from '../text.js';
import type { DownloadProgress } from './download.js';

/** Where progress goes: standard error, in life. */
interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

const everyMs = { terminal: 200, log: 10_000 };

/** Shows how far a download is: one line that changes on a terminal, else a line every ten seconds. */
export class DownloadPrinter {
  readonly #started: number;
  #before: number | undefined;
  #last = -Infinity;
  #shown = false;

  constructor(
    private readonly screen: Screen,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#started = now();
  }

  /** What is known now. */
  update(progress: DownloadProgress): void {
    this.#before ??= progress.doneBytes;
    const now = this.now();
    if (now - this.#last < (this.screen.isTTY ? everyMs.terminal : everyMs.log)) return;
    this.#last = now;
    const line = progressLine(progress, {
      newBytes: progress.doneBytes - this.#before,
      seconds: (now - this.#started) / 1000,
    });
    this.screen.write(this.screen.isTTY ? `\r\u001b[0K${line}` : `${line}\n`);
    this.#shown = true;
  }

  /** Leaves the terminal at the start of a line. */
  close(): void {
    if (this.screen.isTTY && this.#shown) this.screen.write('\r\u001b[0K');
  }
}

/** `12 MB of 95 MB, 2.1 MB/s, about 40 s left`. */
export function progressLine(
  { doneBytes, totalBytes }: DownloadProgress,
  { newBytes, seconds }: { newBytes: number; seconds: number },
): string {
  const done = totalBytes === null ? bytes(doneBytes) : `${bytes(doneBytes)} of ${bytes(totalBytes)}`;
  if (newBytes <= 0 || seconds <= 0) return done;
  const rate = newBytes / seconds;
  const left = totalBytes === null ? '' : `, about ${duration((totalBytes - doneBytes) / rate)} left`;
  return `${done}, ${bytes(rate)}/s${left}`;
}
