import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter, StudySummary, StudyView, TaskView } from '@palimpsest/api';
import { PlatformError, messageOf, type ErrorCode } from '@palimpsest/contracts';
import type { Submission } from './read-study.js';

const codes: ErrorCode[] = ['invalid', 'not-found', 'conflict', 'denied', 'corrupt', 'unavailable'];
/** How long a server may be silent before it counts as gone: a pod that moves to another node takes its time. */
const patienceMs = 300_000;
const reconnectMs = 1000;

/** The HTTP interface of an api, here or elsewhere. Failures are PlatformErrors, as they were there. */
export class ApiClient {
  readonly #base: string;

  constructor(url: string) {
    this.#base = url.replace(/\/+$/, '');
  }

  /** Messages that no service could handle. */
  readonly dead = {
    list: (): Promise<DeadLetter[]> => this.#json('/dead-letters'),
    get: (id: string): Promise<DeadLetter> => this.#json(`/dead-letters/${id}`),
    replay: async (id: string): Promise<void> => {
      await this.#fetch(`/dead-letters/${id}/replay`, { method: 'POST' });
    },
    drop: async (id: string): Promise<void> => {
      await this.#fetch(`/dead-letters/${id}`, { method: 'DELETE' });
    },
  };

  submit(study: Submission & { priority?: number }): Promise<StudyView> {
    return this.#json<StudyView>('/studies', { method: 'POST', body: JSON.stringify(study) });
  }

  list(): Promise<StudySummary[]> {
    return this.#json('/studies');
  }

  get(id: string): Promise<StudyView> {
    return this.#json(`/studies/${id}`);
  }

  tasks(id: string): Promise<TaskView[]> {
    return this.#json(`/studies/${id}/tasks`);
  }

  /** What the jobs of a task wrote to their logs. */
  async log(taskId: string): Promise<string> {
    return (await this.#fetch(`/tasks/${encodeURIComponent(taskId)}/log`)).text();
  }

  cancel(id: string): Promise<StudyView> {
    return this.#json(`/studies/${id}/cancel`, { method: 'POST' });
  }

  /** Paths of the report's files. */
  async files(id: string): Promise<string[]> {
    return (await this.#json<{ files: string[] }>(`/studies/${id}/files`)).files;
  }

  async file(id: string, path: string): Promise<Uint8Array> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const response = await this.#fetch(`/studies/${id}/files/${encoded}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The database as it is now, in the lines of a backup. */
  async databaseDump(): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#fetch('/backup/database');
    if (!body) throw new PlatformError('unavailable', `${this.#base}: sent nothing`);
    return body;
  }

  /**
   * The study now and whenever it changes, until it has come to its end. A lost connection is taken up again.
   *
   * @param onSilence hears once of each time that the server does not answer
   */
  async *events(
    id: string,
    signal: AbortSignal,
    onSilence: (why: string) => void = () => undefined,
  ): AsyncIterable<StudyView> {
    const heard = { atMs: performance.now(), toldAtMs: -1 };
    for (;;) {
      try {
        if (yield* this.#streamToEnd(id, signal, heard)) return;
      } catch (error) {
        signal.throwIfAborted();
        const lost = error instanceof PlatformError && error.code === 'unavailable';
        if (!lost || performance.now() - heard.atMs > patienceMs) throw error;
        if (heard.toldAtMs !== heard.atMs)
          onSilence(`${error.message}; trying again for ${patienceMs / 60_000} minutes`);
        heard.toldAtMs = heard.atMs;
      }
      await sleep(reconnectMs, undefined, { signal });
    }
  }

  /** @returns whether the study has come to its end */
  async *#streamToEnd(
    id: string,
    signal: AbortSignal,
    heard: { atMs: number },
  ): AsyncGenerator<StudyView, boolean> {
    for await (const view of this.#stream(id, signal)) {
      heard.atMs = performance.now();
      yield view;
      if (view.status !== 'running') return true;
    }
    return false;
  }

  async *#stream(id: string, signal: AbortSignal): AsyncIterable<StudyView> {
    const response = await this.#fetch(`/studies/${id}/events`, { signal });
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        yield* events.flatMap(dataOf);
      }
    } catch (cause) {
      throw new PlatformError('unavailable', `${this.#base}: connection lost: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  async #json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = init.body ? { 'content-type': 'application/json' } : {};
    const response = await this.#fetch(path, { ...init, headers });
    return (await response.json()) as T;
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, init);
    } catch (cause) {
      init.signal?.throwIfAborted();
      const why = cause instanceof Error && cause.cause ? messageOf(cause.cause) : messageOf(cause);
      throw new PlatformError('unavailable', `${this.#base}: no answer: ${why}`, { cause });
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  }
}

/** What an event carries. */
function dataOf(event: string): StudyView[] {
  const lines = event.split('\n').filter((line) => line.startsWith('data:'));
  if (lines.length === 0) return [];
  return [JSON.parse(lines.map((line) => line.slice('data:'.length).trimStart()).join('\n')) as StudyView];
}

async function failureOf(response: Response): Promise<Error> {
  const body = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  const code = codes.find((known) => known === body.code);
  const message = body.message ?? `${response.url}: answered ${response.status}`;
  if (code) return new PlatformError(code, message);
  return response.status >= 502 ? new PlatformError('unavailable', message) : new Error(message);
}
