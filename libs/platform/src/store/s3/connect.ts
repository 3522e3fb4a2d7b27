import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PlatformError, messageOf } from '@palimpsest/contracts';
import { Client } from 'minio';
import type { S3Credentials, S3Location } from './location.js';
import { limitedTransport, type RequestLimits } from './transport.js';

/** Requests at once; more wait for a free connection. */
const MOST_SOCKETS = 16;
const PART_BYTES = 5 * 2 ** 30;

/** What a client is made of. */
export interface S3Connection {
  location: S3Location;
  credentials: S3Credentials;
  /** Of the authority that signed the server's certificate, where the system does not know it. */
  caFile: string | undefined;
  limits: RequestLimits;
}

/**
 * A client that keeps its connections, and does not retry: its own retries lose the answer.
 * @throws PlatformError `invalid` for a certificate file that cannot be read
 */
export async function connectS3({ location, credentials, caFile, limits }: S3Connection): Promise<Client> {
  const { endpoint, region, pathStyle } = location;
  const secure = endpoint?.protocol !== 'http:';
  const pool = { keepAlive: true, maxSockets: MOST_SOCKETS };
  const ca = caFile === undefined ? {} : { ca: await readAuthority(caFile) };
  return new Client({
    endPoint: endpoint?.hostname.replace(/^\[|\]$/g, '') ?? 's3.amazonaws.com',
    port: Number(endpoint?.port) || (secure ? 443 : 80),
    useSSL: secure,
    region,
    pathStyle,
    ...credentials,
    partSize: PART_BYTES,
    transport: limitedTransport(secure, limits),
    transportAgent: secure ? new HttpsAgent({ ...pool, ...ca }) : new HttpAgent(pool),
    retryOptions: { disableRetry: true },
  });
}

async function readAuthority(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PlatformError('invalid', `S3_CA_FILE: could not read it: ${messageOf(cause)}`, { cause });
  }
}
