import type { IncomingMessage } from 'node:http';
import { messageOf } from '@palimpsest/contracts';
import { CutShort, TimedOut } from './failure.js';

/**
 * The whole body of an answer.
 * @throws CutShort when it ends early or its length is not what the header says
 */
export async function bodyOf(response: IncomingMessage): Promise<Uint8Array> {
  const told = response.headers['content-length'];
  try {
    return await (told === undefined ? joined(response) : filled(response, Number(told)));
  } catch (cause) {
    if (cause instanceof TimedOut || cause instanceof CutShort) throw cause;
    throw new CutShort(`the connection ended within the body: ${messageOf(cause)}`, { cause });
  }
}

/** Into one block of the length that was told: no second copy. */
async function filled(response: IncomingMessage, length: number): Promise<Uint8Array> {
  const body = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let at = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    if (at + chunk.length <= length) body.set(chunk, at);
    at += chunk.length;
  }
  if (at !== length) throw new CutShort(`expected ${length} bytes, received ${at}`);
  return body;
}

async function joined(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response as AsyncIterable<Uint8Array>) chunks.push(chunk);
  if (!response.complete) throw new CutShort('expected a whole body, received a part of it');
  return Buffer.concat(chunks);
}

/**
 * The bytes [from, to) of a body, out of the answer to a request for that range; a server may send it all.
 * @throws CutShort when the server sent fewer or others
 */
export async function rangeOf(response: IncomingMessage, [from, to]: [number, number]): Promise<Uint8Array> {
  const body = await bodyOf(response);
  if (response.statusCode !== 206) return body.subarray(from, to);
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '') ?? [];
  const end = total === undefined || total === '*' ? from + body.length : Math.min(to, Number(total));
  if (Number(first) === from && body.length === end - from) return body;
  throw new CutShort(
    `expected the bytes ${from} to ${end}, received ${body.length} from ${first ?? 'nowhere'}`,
  );
}
