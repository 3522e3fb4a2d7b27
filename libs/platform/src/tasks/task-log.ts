import { PlatformError } from '@palimpsest/contracts';
import type { Store } from '../store/store.js';
import { TaskRecords } from './task-records.js';

/** What is kept of a log: its end. */
const LIMIT_CHARACTERS = 2 ** 20;
const EVERY_MS = 5000;

/** The log of a job, kept in the store while it runs, so that it outlives the place where the job ran. */
export class TaskLog {
  readonly #records: TaskRecords;
  readonly #timer: NodeJS.Timeout;
  /** What earlier attempts said, once it was read. */
  #before: string | undefined;
  #text = '';
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store, taskId: string, everyMs = EVERY_MS) {
    this.#records = new TaskRecords(store, taskId);
    // What is not written now is written next time.
    this.#timer = setInterval(() => void this.#write().catch(() => undefined), everyMs).unref();
  }

  /** @param line with its end */
  add(line: string): void {
    this.#text += line;
    if (this.#text.length > 2 * LIMIT_CHARACTERS) this.#text = endOf(this.#text);
  }

  /** Writes what is left. @throws PlatformError as the store does */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const text = this.#text;
    if (text === this.#written) return;
    this.#before ??= (await this.#records.readLog()) ?? '';
    await this.#records.writeLog(endOf(this.#before + text));
    this.#written = text;
  }
}

/** The end of all that the jobs of a task wrote to their logs. @throws PlatformError `not-found` where they kept none */
export async function readTaskLog(store: Store, taskId: string): Promise<string> {
  const text = await new TaskRecords(store, taskId).readLog();
  if (text !== undefined) return text;
  throw new PlatformError(
    'not-found',
    `task ${taskId}: expected a log that its jobs kept in the store, found none`,
  );
}

/** Adds to a task's log what a job that was killed said after it had written there itself for the last time. */
export async function addToLog(store: Store, taskId: string, said: string): Promise<void> {
  const records = new TaskRecords(store, taskId);
  const kept = (await records.readLog()) ?? '';
  const unkept = newIn(said, kept);
  if (unkept !== '') await records.writeLog(endOf(kept + unkept));
}

/** What follows the last line that is kept; all where that line was never said. */
function newIn(said: string, kept: string): string {
  const last = kept.slice(kept.lastIndexOf('\n', kept.length - 2) + 1);
  const at = last === '' ? -1 : said.lastIndexOf(last);
  return at < 0 ? said : said.slice(at + last.length);
}

/** The last whole lines within the limit. */
function endOf(text: string): string {
  if (text.length <= LIMIT_CHARACTERS) return text;
  const end = text.slice(-LIMIT_CHARACTERS);
  return end.slice(end.indexOf('\n') + 1);
}
