import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PlatformError, messageOf } from '@palimpsest/contracts';
import type { Client } from 'minio';
import { retrying, type RetryPolicy } from './retrying.js';
import { sortedByBytes } from './key.js';
import { bodyOf, rangeOf } from './s3/body.js';
import { isAbsent, isBehindEnd, isTransient, isUnreadable, platformError } from './s3/failure.js';
import { parseListing, parseUploads, type ListingPage } from './s3/listing.js';
import type { S3Credentials, S3Location } from './s3/location.js';
import type { RequestLimits } from './s3/transport.js';
import type { Leftover, StoreDriver, StoreEntry } from './store.js';

/** Below this, asking whether a body is there costs as much as writing it. */
const SMALL_BYTES = 256 * 1024;
const NOTHING = new Uint8Array();
const PAGE = 1000;
const GOOD = [200, 204, 206];
/** A key that no artifact and no record can have. */
const PROBE = '.tmp/ping';

const usualRetries: RetryPolicy = { attempts: 8, firstDelayMs: 100, longestDelayMs: 3000 };
/** Whoever starts a program wants to know soon. */
const startRetries: RetryPolicy = { attempts: 4, firstDelayMs: 100, longestDelayMs: 400 };
const usualLimits: RequestLimits = { idleMs: 30_000, totalMs: 60_000, leastBytesPerSecond: 65_536 };

/** What an S3 store is opened with. */
export interface S3StoreOptions {
  credentials: S3Credentials;
  caFile?: string | undefined;
  retries?: RetryPolicy;
  limits?: RequestLimits;
}

/** One request to be sent. */
interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  objectName?: string;
  query?: string;
  headers?: Record<string, string>;
}

/**
 * A store in a bucket of any server that speaks S3. Every body is one PUT, so there is never half of one; every request
 * can be sent again, and is while its failure may pass.
 */
export class S3Store implements StoreDriver {
  readonly #location: S3Location;
  readonly #options: S3StoreOptions;
  readonly #retries: RetryPolicy;
  #client: Promise<Client> | undefined;

  constructor(location: S3Location, options: S3StoreOptions) {
    this.#location = location;
    this.#options = options;
    this.#retries = options.retries ?? usualRetries;
  }

  async write(key: string, body: Uint8Array): Promise<void> {
    await this.#attempt(`write ${key}`, () => this.#put(key, body));
  }

  async read(key: string, range?: [number, number]): Promise<Uint8Array | undefined> {
    if (range) return this.#readRange(key, range);
    return this.#readable(key, () =>
      unlessAbsent(async () => bodyOf(await this.#send({ method: 'GET', objectName: this.#name(key) }))),
    );
  }

  async exists(key: string): Promise<boolean> {
    return (await this.stat(key)) !== undefined;
  }

  async stat(key: string): Promise<StoreEntry | undefined> {
    const headers = await this.#head(key);
    return (
      headers && {
        key,
        bytes: Number(headers['content-length']),
        modified: new Date(headers['last-modified'] ?? NaN),
      }
    );
  }

  /** By the ETag, the MD5 of a body that came in one PUT; where it is none, by reading. */
  async holds(key: string, body: Uint8Array): Promise<boolean> {
    if (body.length < SMALL_BYTES) return false;
    const headers = await this.#head(key);
    if (!headers || Number(headers['content-length']) !== body.length) return false;
    const tag = /^"?([0-9a-f]{32})"?$/.exec(headers.etag ?? '')?.[1];
    if (tag !== undefined && tag === createHash('md5').update(body).digest('hex')) return true;
    const there = await this.read(key);
    return there !== undefined && Buffer.compare(there, body) === 0;
  }

  /** Sorted here: not every server does, and keys are few beside the bytes they stand for. */
  async *list(prefix: string): AsyncIterable<string> {
    const keys: string[] = [];
    let next: string | undefined;
    do {
      const page = await this.#page(prefix, next);
      keys.push(...page.keys);
      next = page.next;
    } while (next !== undefined);
    for (const key of sortedByBytes(keys)) if (!key.startsWith('.tmp/')) yield key;
  }

  async delete(key: string): Promise<void> {
    await this.#remove(`delete ${key}`, this.#name(key));
  }

  /** Lists, writes and deletes, as every task will. */
  async ping(): Promise<void> {
    const probe = async () => {
      await bodyOf(await this.#send({ method: 'GET', query: this.#listQuery('', undefined, 1) }));
      await this.#put(PROBE, NOTHING);
      await bodyOf(await this.#send({ method: 'DELETE', objectName: this.#name(PROBE) }));
    };
    await this.#attempt('use it', probe, startRetries);
  }

  /** Uploads in parts that were never ended. This driver makes none; other tools might. */
  async *leftovers(): AsyncIterable<Leftover> {
    const { prefix } = this.#location;
    const xml = await this.#text('list unfinished uploads', `prefix=${encoded(prefix)}&uploads=`);
    for (const { key, uploadId, initiated } of parseUploads(xml)) {
      const remove = () => this.#remove(`end the upload of ${key}`, key, `uploadId=${encoded(uploadId)}`);
      yield { key: key.slice(prefix.length), bytes: 0, modified: initiated, remove };
    }
  }

  async #put(key: string, body: Uint8Array): Promise<void> {
    const client = await this.#connected();
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const secure = this.#location.endpoint?.protocol !== 'http:';
    // The server compares what arrived with one of these.
    const headers = {
      'content-length': bytes.length,
      ...(secure && { 'content-md5': hashOf('md5', bytes, 'base64') }),
    };
    const request = {
      method: 'PUT',
      bucketName: this.#location.bucket,
      objectName: this.#name(key),
      headers,
    };
    const sha256 = secure ? '' : hashOf('sha256', bytes, 'hex');
    await bodyOf(await client.makeRequestStreamAsync(request, bytes, sha256, GOOD, ''));
  }

  async #readRange(key: string, [from, to]: [number, number]): Promise<Uint8Array | undefined> {
    if (to <= from) return (await this.exists(key)) ? NOTHING : undefined;
    const headers = { range: `bytes=${from}-${to - 1}` };
    return this.#readable(key, () =>
      unlessAbsent(async () => {
        const answer = await this.#send({ method: 'GET', objectName: this.#name(key), headers });
        return rangeOf(answer, [from, to]);
      }).catch((error: unknown) => {
        if (isBehindEnd(error)) return NOTHING;
        throw error;
      }),
    );
  }

  /** An object that fails in the same way every time, in a store that works, is damaged: no later try will read it. */
  async #readable<T>(key: string, action: () => Promise<T>): Promise<T> {
    let unreadable = 0;
    const counted = () =>
      action().catch((error: unknown) => {
        if (isUnreadable(error)) unreadable++;
        throw error;
      });
    try {
      return await this.#attempt(`read ${key}`, counted);
    } catch (error) {
      if (unreadable < this.#retries.attempts || !(await this.#works())) throw error;
      const message = `${key}: the store works but cannot give this object whole: ${messageOf(error)}`;
      throw new PlatformError('corrupt', message, { cause: error });
    }
  }

  #works(): Promise<boolean> {
    return this.ping().then(
      () => true,
      () => false,
    );
  }

  async #head(key: string): Promise<IncomingMessage['headers'] | undefined> {
    return this.#attempt(`look for ${key}`, () =>
      unlessAbsent(async () => {
        const answer = await this.#send({ method: 'HEAD', objectName: this.#name(key) });
        answer.resume();
        return answer.headers;
      }),
    );
  }

  async #remove(what: string, objectName: string, query?: string): Promise<void> {
    const request = { method: 'DELETE', objectName, ...(query !== undefined && { query }) } as const;
    await this.#attempt(what, () => unlessAbsent(async () => bodyOf(await this.#send(request))));
  }

  async #page(prefix: string, token: string | undefined): Promise<ListingPage> {
    const query = this.#listQuery(prefix, token, PAGE);
    const page = await this.#attempt(`list ${prefix}`, async () =>
      parseListing(textOf(await bodyOf(await this.#send({ method: 'GET', query })))),
    );
    return { ...page, keys: page.keys.map((key) => key.slice(this.#location.prefix.length)) };
  }

  async #text(what: string, query: string): Promise<string> {
    return this.#attempt(what, async () => textOf(await bodyOf(await this.#send({ method: 'GET', query }))));
  }

  /** In alphabetical order, as signing wants it. */
  #listQuery(prefix: string, token: string | undefined, most: number): string {
    const from = token === undefined ? '' : `continuation-token=${encoded(token)}&`;
    const within = encoded(this.#location.prefix + prefix);
    return `${from}encoding-type=url&list-type=2&max-keys=${most}&prefix=${within}`;
  }

  async #send(request: S3Request): Promise<IncomingMessage> {
    const client = await this.#connected();
    return client.makeRequestAsync({ ...request, bucketName: this.#location.bucket }, '', GOOD);
  }

  async #attempt<T>(what: string, action: () => Promise<T>, retries = this.#retries): Promise<T> {
    try {
      return await retrying(retries, isTransient, action);
    } catch (error) {
      throw platformError(error, what, this.#location);
    }
  }

  /** The client's package is loaded by the first request, not by every program. */
  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const { credentials, caFile, limits = usualLimits } = this.#options;
    const { connectS3 } = await import('./s3/connect.js');
    return connectS3({ location: this.#location, credentials, caFile, limits });
  }

  #name(key: string): string {
    return this.#location.prefix + key;
  }
}

const hashOf = (name: string, bytes: Uint8Array, encoding: 'hex' | 'base64') =>
  createHash(name).update(bytes).digest(encoding);

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** @returns undefined for a key that is not there, and no bytes of a range behind the end */
async function unlessAbsent<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
