import type { StudyView } from '@palimpsest/api';
import { liveLines, plainLine } from './progress-text.js';

/** Where progress goes: standard error, in life. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const plainEveryMs = 10_000;
const defaultColumns = 80;

/** Shows a study's progress: a few lines that change on a terminal, else a line at most every ten seconds. */
export class ProgressPrinter {
  readonly #started: number;
  #lines = 0;
  #lastPlain = -Infinity;
  #view: StudyView | undefined;
  #printed: StudyView | undefined;

  constructor(
    private readonly screen: Screen,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#started = now();
  }

  /** What is known now. */
  update(view: StudyView): void {
    this.#view = view;
    if (this.screen.isTTY) this.refresh();
    else if (this.now() - this.#lastPlain >= plainEveryMs) this.#plain(view);
  }

  /** Draws again, as time has passed. */
  refresh(): void {
    if (!this.screen.isTTY || !this.#view) return;
    const lines = liveLines(this.#view, this.#elapsed(), this.screen.columns ?? defaultColumns);
    this.screen.write(`${this.#erase()}${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }

  /** Leaves the last word: nothing on a terminal, the final counts in a log. */
  close(): void {
    if (this.screen.isTTY) this.screen.write(this.#erase());
    else if (this.#view && this.#view !== this.#printed) this.#plain(this.#view);
    this.#lines = 0;
  }

  #plain(view: StudyView): void {
    this.#lastPlain = this.now();
    this.#printed = view;
    this.screen.write(`${plainLine(view, this.#elapsed())}\n`);
  }

  #erase(): string {
    return this.#lines === 0 ? '' : `\u001b[${this.#lines}A\u001b[0J`;
  }

  #elapsed(): number {
    return (this.now() - this.#started) / 1000;
  }
}
