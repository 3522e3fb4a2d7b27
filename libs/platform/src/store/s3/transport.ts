import * as http from 'node:http';
import * as https from 'node:https';
import { S3Failure, TimedOut } from './failure.js';

/** How long a request may take. */
export interface RequestLimits {
  /** Without a byte in either direction. */
  idleMs: number;
  /** In all, and as much more as the body takes at `leastBytesPerSecond`. */
  totalMs: number;
  leastBytesPerSecond: number;
}

/** What the S3 client sends requests with. */
export type Transport = Pick<typeof http, 'request'>;

/**
 * Requests that end within their limits, and fail with an `S3Failure` for every answer that is none of 2xx:
 * its status and the server's clock are then still known.
 */
export function limitedTransport(secure: boolean, limits: RequestLimits): Transport {
  const { request: send } = secure ? https : http;
  const request = (options: http.RequestOptions, onAnswer: (response: http.IncomingMessage) => void) => {
    const request = send(options, (response) => {
      if (isGood(response)) onAnswer(response);
      else void failureOf(response).then((failure) => request.emit('error', failure));
    });
    return limit(request, limits);
  };
  return { request: request as Transport['request'] };
}

const isGood = ({ statusCode = 0 }: http.IncomingMessage) => statusCode >= 200 && statusCode < 300;

function limit(request: http.ClientRequest, limits: RequestLimits): http.ClientRequest {
  const { idleMs, totalMs, leastBytesPerSecond } = limits;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (ms: number, why: string) => request.destroy(new TimedOut(`${why} within ${ms} ms`));
  const within = (bytes: unknown) => {
    const ms = totalMs + Math.ceil((1000 * (Number(bytes) || 0)) / leastBytesPerSecond);
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(ms, 'expected the whole answer'), ms).unref();
  };
  request.setTimeout(idleMs, () => giveUp(idleMs, 'expected a sign of life'));
  // Not from the start: a request may wait for one of the agent's sockets.
  request.once('socket', () => within(request.getHeader('content-length')));
  request.once('response', (response) => within(response.headers['content-length']));
  return request.once('close', () => clearTimeout(timer));
}

const MOST_ERROR_BYTES = 65_536;

async function failureOf(response: http.IncomingMessage): Promise<S3Failure> {
  const { statusCode = 0, headers } = response;
  const text = await textOf(response);
  const code = elementOf(text, 'Code') ?? String(headers['x-minio-error-code'] ?? '');
  const said = elementOf(text, 'Message') ?? String(headers['x-minio-error-desc'] ?? '');
  const date = new Date(headers.date ?? NaN);
  const known = Number.isNaN(date.getTime()) ? undefined : date;
  return new S3Failure(statusCode, code, said.replaceAll('"', ''), known);
}

/** As much as came: an error's body that is cut short is still that error. */
async function textOf(response: http.IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) if (text.length < MOST_ERROR_BYTES) text += String(chunk);
  } catch {
    return text;
  }
  return text;
}

const elementOf = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
