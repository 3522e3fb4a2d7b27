import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download, type DownloadProgress } from './download.js';
import { DownloadPrinter, progressLine } from './download-printer.js';

const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5));
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let part: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-download-'));
  part = join(folder, 'w.part');
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true });
});

/** A server that answers each request with the next of the given answers, the last one for ever. */
async function serve(
  ...answers: [Answer, ...Answer[]]
): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  server = createServer((request, response) => {
    const answer = answers[Math.min(ranges.length, answers.length - 1)]!;
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/w.h5`, ranges };
}

/** Serves ranges, as most servers do. */
const ranged =
  ({ etag = '"one"', body = content, breakAfter = Infinity } = {}): Answer =>
  ({ headers }, response) => {
    const [, digits] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const same = headers['if-range'] === undefined || headers['if-range'] === etag;
    const from = digits !== undefined && same ? Number(digits) : 0;
    if (from >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      'content-length': body.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
    });
    const sent = body.subarray(from, from + breakAfter);
    if (sent.length === body.length - from) response.end(sent);
    else response.write(sent, () => setTimeout(() => response.destroy(), 20));
  };

/** Knows no ranges: always the whole file, or as much as it manages. */
const plain =
  (breakAfter = Infinity): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    if (breakAfter >= content.length) response.end(content);
    else response.write(content.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 20));
  };

const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end();

function fetchFrom(url: string, more: Partial<Parameters<typeof download>[0]> = {}) {
  const waits: number[] = [];
  const progress: DownloadProgress[] = [];
  const done = download({
    ...{ url, part, signal: new AbortController().signal },
    onProgress: (now) => progress.push(now),
    wait: (ms) => Promise.resolve(waits.push(ms)),
    ...more,
  });
  return { done, waits, progress };
}

describe('a download', () => {
  it('is the file, with its progress, and leaves nothing else', async () => {
    const { url } = await serve(ranged());
    const { done, progress } = fetchFrom(url);
    await done;
    expect(readFileSync(part).equals(content)).toBe(true);
    expect(progress.at(-1)).toEqual({ doneBytes: content.length, totalBytes: content.length });
    expect(readdirSync(folder)).toEqual(['w.part']);
  });

  it('goes on where the connection broke', async () => {
    const { url, ranges } = await serve(
      ranged({ breakAfter: 100_000 }),
      ranged({ breakAfter: 150_000 }),
      ranged(),
    );
    const { done, waits } = fetchFrom(url);
    await done;
    expect(readFileSync(part).equals(content)).toBe(true);
    // How much of what was sent arrives before the connection breaks is up to the network.
    const [first, ...later] = ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0));
    expect(first).toBe(0);
    expect(later).toHaveLength(2);
    expect(later[0]).toBeGreaterThan(0);
    expect(later[1]).toBeGreaterThan(later[0]!);
    expect(waits).toEqual([500, 500]);
  });

  it('goes on with what an earlier program left', async () => {
    const { url, ranges } = await serve(ranged({ breakAfter: 100_000 }), ranged());
    await expect(fetchFrom(url, { retries: 0 }).done).rejects.toMatchObject({ code: 'unavailable' });
    const { done, progress } = fetchFrom(url);
    await done;
    expect(readFileSync(part).equals(content)).toBe(true);
    const from = Number(/^bytes=(\d+)-$/.exec(ranges[1] ?? '')?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(progress[0]?.doneBytes).toBeGreaterThan(from);
  });

  it('starts again when the file is another one by now', async () => {
    const other = Buffer.from(content).reverse();
    const { url } = await serve(ranged({ breakAfter: 100_000 }), ranged({ etag: '"two"', body: other }));
    await fetchFrom(url).done;
    expect(readFileSync(part).equals(other)).toBe(true);
  });

  it('starts again where the server has no ranges', async () => {
    const { url, ranges } = await serve(plain(100_000), plain());
    await fetchFrom(url).done;
    expect(readFileSync(part).equals(content)).toBe(true);
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  it('is done when the part is whole already, and begins anew when it is too long', async () => {
    writeFileSync(part, content);
    const { url } = await serve(ranged());
    await fetchFrom(url).done;
    expect(readFileSync(part).equals(content)).toBe(true);
    writeFileSync(part, Buffer.concat([content, content]));
    await fetchFrom(url).done;
    expect(readFileSync(part).equals(content)).toBe(true);
  });

  it.each([
    [404, 'not-found'],
    [403, 'denied'],
    [418, 'invalid'],
  ])('ends at once with status %d', async (code, expected) => {
    const { url, ranges } = await serve(status(code));
    await expect(fetchFrom(url).done).rejects.toMatchObject({
      code: expected,
      message: `${url}: expected the file, found HTTP status ${code}`,
    });
    expect(ranges).toHaveLength(1);
  });

  it('waits longer and longer for a server that is busy, and then gives up', async () => {
    const { url } = await serve(status(503));
    const { done, waits } = fetchFrom(url, { retries: 3 });
    await expect(done).rejects.toMatchObject({ code: 'unavailable' });
    expect(waits).toEqual([500, 1000, 2000]);
  });

  it('says that nobody answers', async () => {
    const { url } = await serve(plain());
    server?.close();
    await expect(fetchFrom(url, { retries: 0 }).done).rejects.toThrow(/expected an answer, found/);
  });

  it('stops when it is told to, and keeps what it has', async () => {
    const controller = new AbortController();
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 50_000));
    });
    const stopped = fetchFrom(url, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped.done).rejects.toMatchObject({ name: 'AbortError' });
    expect(readFileSync(part).length).toBeGreaterThan(0);
  });
});

describe('the progress of a download', () => {
  it('tells rate and time left from what came in this run', () => {
    const at = { doneBytes: 40e6, totalBytes: 100e6 };
    expect(progressLine(at, { newBytes: 20e6, seconds: 10 })).toBe(
      '40 MB of 100 MB, 2.0 MB/s, about 30 s left',
    );
    expect(progressLine({ ...at, totalBytes: null }, { newBytes: 20e6, seconds: 10 })).toBe(
      '40 MB, 2.0 MB/s',
    );
    expect(progressLine(at, { newBytes: 0, seconds: 10 })).toBe('40 MB of 100 MB');
  });

  it('is a line now and then in a log', () => {
    let clock = 0;
    const written: string[] = [];
    const printer = new DownloadPrinter({ write: (text) => written.push(text) }, () => clock);
    for (let second = 0; second < 25; second++, clock += 1000) {
      printer.update({ doneBytes: 1e6 * second, totalBytes: 1e8 });
    }
    printer.close();
    expect(written).toHaveLength(3);
  });
});
