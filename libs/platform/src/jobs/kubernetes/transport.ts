import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestSecure, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from '@palimpsest/contracts';
import { ApiFailure } from './api-failure.js';

/** One call to the API server. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  contentType?: string;
  signal: AbortSignal;
}

/** HTTP to the API server that a configuration names, with its credentials, which may change while it is used. */
export class Transport {
  constructor(private readonly config: KubeConfig) {}

  /** The body of an answer. @throws ApiFailure */
  async text(call: Call): Promise<string> {
    const response = await this.open(call);
    try {
      return await textOf(response);
    } catch (cause) {
      throw noAnswer(cause);
    }
  }

  /** An answer whose body is still to come. @throws ApiFailure unless it is a good one */
  async open(call: Call): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const { server, options } = await this.#prepare(call, body);
    const request = server.protocol === 'http:' ? requestPlain : requestSecure;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(server, options, resolve)
        .on('error', (cause) => reject(noAnswer(cause)))
        .end(body);
    });
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    throw new ApiFailure(status, messageIn(await textOf(response).catch(() => ''), status));
  }

  async #prepare({ method, path, query = {}, ...call }: Call, body: string | undefined) {
    const cluster = this.config.getCurrentCluster();
    const server = new URL(`${cluster?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) server.searchParams.set(name, String(value));
    const ofBody = body !== undefined && {
      'Content-Type': call.contentType ?? 'application/json',
      // Without it Node sends the body of a DELETE so that no server sees it.
      'Content-Length': Buffer.byteLength(body),
    };
    const options: RequestOptions = {
      method,
      signal: call.signal,
      headers: { Accept: 'application/json', ...ofBody },
    };
    try {
      await this.config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw noAnswer(cause);
    }
    return { server, options };
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Why a call came to nothing, where the server did not say it. */
export const noAnswer = (cause: unknown): ApiFailure =>
  new ApiFailure(0, `no answer from the API server: ${messageOf(cause)}`, { cause });

/** The server's own words, of its `Status` object. */
function messageIn(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return message ?? `HTTP status ${status}`;
  } catch {
    return `HTTP status ${status} ${text.slice(0, 200)}`.trim();
  }
}
