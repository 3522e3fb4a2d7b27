import { open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError, type ErrorCode } from '@palimpsest/contracts';

/** How far a download is; the total is null where the server does not say. */
export interface DownloadProgress {
  doneBytes: number;
  totalBytes: number | null;
}

export interface DownloadOptions {
  url: string;
  /** The file that grows; what is there of an earlier download is gone on with. */
  part: string;
  signal: AbortSignal;
  onProgress: (progress: DownloadProgress) => void;
  /** Attempts in a row that may bring nothing. */
  retries?: number;
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const firstWaitMs = 500;

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal });

/**
 * Fetches a file by HTTP, going on where an earlier attempt ended: in this call when the connection breaks, and in a
 * later one. A server without ranges, or with another file by now, is read from the start.
 *
 * @throws PlatformError `not-found`, `denied` or `invalid` as the server says, `unavailable` when it stays away; the
 *   part that is there remains. What `signal` aborts with, when it does
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { part, signal, retries = 5, wait = pause } = options;
  for (let failures = 0; ;) {
    const before = await sizeOf(part);
    try {
      await attempt(options);
      await rm(markOf(part), { force: true });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PlatformError) || error.code !== 'unavailable') throw error;
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures > retries) throw error;
      await wait(firstWaitMs * 2 ** (failures - 1), signal);
    }
  }
}

/** Removes what a download has left. */
export async function forgetDownload(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(markOf(part), { force: true });
}

async function attempt(options: DownloadOptions): Promise<void> {
  const { url, part, signal } = options;
  const from = await sizeOf(part);
  const response = await request(url, await rangeFrom(url, part, from), signal);
  const range = contentRange(response);
  if (response.status === 416) {
    if (range.total === from) return;
    await forgetDownload(part);
    throw new PlatformError(
      'unavailable',
      `${url}: expected at least ${from} bytes, found ${range.total ?? '?'}`,
    );
  }
  if (!response.ok) throw refused(url, response.status);
  const goesOn = response.status === 206 && range.start === from;
  await writeFile(markOf(part), JSON.stringify({ url, validator: validatorOf(response) }));
  const doneBytes = goesOn ? from : 0;
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const totalBytes = length === null ? null : doneBytes + Number(length);
  const handle = await open(part, goesOn ? 'a' : 'w');
  try {
    await receive(response, handle, { ...options, doneBytes, totalBytes });
  } finally {
    await handle.close();
  }
}

async function receive(
  response: Response,
  handle: FileHandle,
  { url, onProgress, ...progress }: DownloadOptions & DownloadProgress,
): Promise<void> {
  const { totalBytes } = progress;
  let { doneBytes } = progress;
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await nextChunk(reader, (cause) => broken(url, { doneBytes, totalBytes }, cause));
    if (!chunk) break;
    await handle.writeFile(chunk);
    doneBytes += chunk.length;
    onProgress({ doneBytes, totalBytes });
  }
  if (totalBytes !== null && doneBytes < totalBytes) throw broken(url, { doneBytes, totalBytes });
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  brokenBy: (cause: unknown) => PlatformError,
): Promise<Uint8Array | undefined> {
  try {
    return (await reader?.read())?.value;
  } catch (cause) {
    throw brokenBy(cause);
  }
}

/** Asks for the rest, provided that the file is still the one the part is of. */
async function rangeFrom(url: string, part: string, from: number): Promise<Record<string, string>> {
  if (from === 0) return {};
  const range = { range: `bytes=${from}-` };
  const text = await readFile(markOf(part), 'utf8').catch(() => '{}');
  const mark = JSON.parse(text) as { url?: string; validator?: string | null };
  return mark.url === url && mark.validator ? { ...range, 'if-range': mark.validator } : range;
}

async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: { 'accept-encoding': 'identity', ...headers }, signal });
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error && cause.cause ? messageOf(cause.cause) : messageOf(cause);
    throw new PlatformError('unavailable', `${url}: expected an answer, found ${reason}`, { cause });
  }
}

function refused(url: string, status: number): PlatformError {
  const codes: Record<number, ErrorCode> = {
    401: 'denied',
    403: 'denied',
    404: 'not-found',
    410: 'not-found',
  };
  const retryable = status >= 500 || status === 408 || status === 429;
  const code = codes[status] ?? (retryable ? 'unavailable' : 'invalid');
  return new PlatformError(code, `${url}: expected the file, found HTTP status ${status}`);
}

function broken(url: string, { doneBytes, totalBytes }: DownloadProgress, cause?: unknown): PlatformError {
  const expected = totalBytes === null ? 'the whole file' : `${totalBytes} bytes`;
  const message = `${url}: expected ${expected}, found the connection closed after ${doneBytes}`;
  return new PlatformError('unavailable', message, { cause });
}

// `bytes 100-199/200`, or with a star for the range when nothing was sent.
function contentRange(response: Response): { start: number | undefined; total: number | undefined } {
  const text = response.headers.get('content-range') ?? '';
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(text) ?? [];
  const number = (digits: string | undefined) =>
    digits === undefined || digits === '*' ? undefined : Number(digits);
  return { start: number(start), total: number(total) };
}

/** What tells one state of the file from another; a weak tag does not say that bytes are the same. */
function validatorOf({ headers }: Response): string | null {
  const tag = headers.get('etag');
  return tag && !tag.startsWith('W/') ? tag : headers.get('last-modified');
}

const markOf = (part: string) => `${part}.from`;

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}
