import { PlatformError } from '@palimpsest/contracts';
import { checkKey } from '../key.js';

/** Where an S3 store is: which bucket, which part of it, on which server. */
export interface S3Location {
  bucket: string;
  /** Empty, or ends with a slash. Goes before every key. */
  prefix: string;
  /** Without one: AWS. */
  endpoint: URL | undefined;
  region: string;
  pathStyle: boolean;
}

/** What opens it. */
export interface S3Credentials {
  accessKey: string;
  secretKey: string;
  sessionToken?: string;
}

/** Settings by name, as the environment has them. */
export type S3Environment = Readonly<Record<string, string | undefined>>;

const form =
  's3://<bucket>/<optional prefix>?endpoint=https://<host>:<port>&region=<name>&pathStyle=<true|false>';
const known = ['endpoint', 'region', 'pathStyle'];

/**
 * Reads a URL such as `s3://bucket/prefix?endpoint=https://host:9000`.
 * @throws PlatformError `invalid`, never repeating what could be a secret
 */
export function parseS3Url(text: string, env: S3Environment = process.env): S3Location {
  if (!URL.canParse(text)) throw invalid(`expected ${form}, found something else`);
  const url = new URL(text);
  if (url.username || url.password || text.slice(5).split(/[/?]/)[0]?.includes('@'))
    throw invalid(
      'expected no credentials in the URL; they are the settings S3_ACCESS_KEY and S3_SECRET_KEY',
    );
  if (!/^(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(url.host))
    throw invalid(
      `expected ${form} with a bucket of 3 to 63 small letters, digits, "." and "-", found "${url.host}"`,
    );
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`expected the options ${known.join(', ')}, found "${unknown}"`);
  const endpoint = endpointOf(url.searchParams.get('endpoint'));
  return {
    bucket: url.host,
    prefix: prefixOf(url.pathname),
    endpoint,
    region: url.searchParams.get('region') ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    pathStyle: pathStyleOf(url.searchParams.get('pathStyle'), endpoint !== undefined),
  };
}

function endpointOf(text: string | null): URL | undefined {
  if (text === null) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.pathname !== '/' || url.search)
    throw invalid('expected an endpoint such as https://host:9000, and nothing more in it');
  return url;
}

function prefixOf(path: string): string {
  const prefix = decodeURIComponent(path).replace(/^\/+|\/+$/g, '');
  return prefix === '' ? '' : `${checkKey(prefix)}/`;
}

function pathStyleOf(text: string | null, usual: boolean): boolean {
  if (text === null) return usual;
  if (text !== 'true' && text !== 'false') throw invalid(`expected pathStyle=true or false, found "${text}"`);
  return text === 'true';
}

/**
 * S3_ACCESS_KEY and S3_SECRET_KEY, or what AWS' own tools take.
 * @throws PlatformError `invalid`, naming what is missing
 */
export function s3Credentials(env: S3Environment = process.env): S3Credentials {
  const accessKey = given(env, 'S3_ACCESS_KEY');
  const secretKey = given(env, 'S3_SECRET_KEY');
  if (accessKey && secretKey) return { accessKey, secretKey };
  if (accessKey ?? secretKey) throw invalid(`${accessKey ? 'S3_SECRET_KEY' : 'S3_ACCESS_KEY'} is not set`);
  const aws = { accessKey: given(env, 'AWS_ACCESS_KEY_ID'), secretKey: given(env, 'AWS_SECRET_ACCESS_KEY') };
  if (!aws.accessKey || !aws.secretKey)
    throw invalid(
      'S3_ACCESS_KEY and S3_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) are not set',
    );
  const sessionToken = given(env, 'AWS_SESSION_TOKEN');
  return { accessKey: aws.accessKey, secretKey: aws.secretKey, ...(sessionToken && { sessionToken }) };
}

const given = (env: S3Environment, name: string) => env[name]?.trim() || undefined;

const invalid = (problem: string) => new PlatformError('invalid', `STORE_URL: ${problem}`);
