import { PlatformError, messageOf, type ErrorCode } from '@palimpsest/contracts';
import type { S3Location } from './location.js';

/** What a server answered instead of what it was asked for. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';

  constructor(
    readonly status: number,
    /** The server's own word, such as `NoSuchKey`; empty where it gave none, as to HEAD. */
    readonly code: string,
    message: string,
    /** What the server's clock said. */
    readonly date?: Date,
  ) {
    super(message);
  }
}

/** A body that came to its end before it was whole. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
}

/** Nothing came, or not enough, for too long. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** Whether there is no such key. A bucket that is not there is another matter. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof S3Failure && error.status === 404 && error.code !== 'NoSuchBucket';

/** Whether a range begins behind the end of the body. */
export const isBehindEnd = (error: unknown): boolean => error instanceof S3Failure && error.status === 416;

/**
 * Whether the server began to answer and could not go on, as one does that finds its own disk damaged. MinIO's word for
 * what it finds before the first byte is `SlowDownRead`.
 */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof CutShort || (error instanceof S3Failure && error.code === 'SlowDownRead');

const transientStatus = [408, 429, 499, 500, 502, 503, 504, 520];
/** Answered with status 400 although the request was right: what arrived of it was not. */
const transientCodes =
  /^(RequestTimeout|SlowDown.*|IncompleteBody|BadDigest|X?AmzContentSHA256Mismatch|InternalError)$/i;
const transientNetwork =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EAI_AGAIN|UND_.*|HPE_.*)$/;

/** Whether the same request may well succeed in a moment. */
export function isTransient(error: unknown): boolean {
  if (error instanceof CutShort || error instanceof TimedOut) return true;
  if (error instanceof S3Failure)
    return !isFull(error) && (transientStatus.includes(error.status) || transientCodes.test(error.code));
  return transientNetwork.test(codeOf(error));
}

const isFull = ({ status, code }: S3Failure) =>
  status === 507 ||
  /(StorageFull|InsufficientStorage|QuotaExceeded|DiskFull|EntityTooLargeForQuota)/i.test(code);

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** What happened, as the rest of the program understands it: by the class of the answer, since codes differ between servers. */
export function platformError(error: unknown, what: string, location: S3Location): PlatformError {
  if (error instanceof PlatformError) return error;
  const [code, reason] = error instanceof S3Failure ? answered(error, location) : unanswered(error, location);
  const message = `store ${nameOf(location)}: could not ${what}: ${reason}`;
  return new PlatformError(code, oneLine(message), { cause: error });
}

const nameOf = ({ bucket, prefix, endpoint }: S3Location) =>
  `s3://${bucket}/${prefix}${endpoint ? ` at ${endpoint.origin}` : ''}`;

function answered(failure: S3Failure, location: S3Location): [ErrorCode, string] {
  const { status, code } = failure;
  const said = `${status}${code && ` ${code}`}${failure.message && `, ${failure.message}`}`;
  if (isFull(failure)) return ['unavailable', `the store is full (${said}); make room, then try again`];
  if (status === 404) return ['not-found', missing(failure, location)];
  if (/TimeTooSkewed|RequestExpired/i.test(code)) return ['denied', skewed(failure, said)];
  if (/Region|AuthorizationHeaderMalformed|PermanentRedirect|MovedPermanently/i.test(code) || status === 301)
    return [
      'invalid',
      `the bucket is not in region "${location.region}" (${said}); set ?region= in STORE_URL`,
    ];
  if (status === 401 || status === 403) return ['denied', refused(said, code)];
  if (isTransient(failure)) return ['unavailable', `the server answered ${said}`];
  if (status >= 500 && status !== 501) return ['unavailable', `the server answered ${said}`];
  return ['invalid', `the server answered ${said}`];
}

function missing({ code }: S3Failure, { bucket, endpoint }: S3Location): string {
  if (code !== 'NoSuchBucket') return 'expected it there, found nothing';
  const at = endpoint ? ` --endpoint-url ${endpoint.origin}` : '';
  return `there is no bucket "${bucket}"; create it, such as by: aws s3 mb s3://${bucket}${at}`;
}

function skewed({ date }: S3Failure, said: string): string {
  const seconds = date ? Math.round((Date.now() - date.getTime()) / 1000) : undefined;
  const differs =
    seconds === undefined
      ? "differs too much from the store's"
      : `is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the store's`;
  return `this machine's clock ${differs} (${said}); set both by NTP`;
}

function refused(said: string, code: string): string {
  if (/Signature|AccessKeyId|InvalidToken|ExpiredToken|Credential/i.test(code))
    return `the store does not take these credentials (${said}); check S3_ACCESS_KEY and S3_SECRET_KEY`;
  return `the store does not allow it (${said}); its policy must let this access key list, read, write and delete`;
}

function unanswered(error: unknown, { endpoint }: S3Location): [ErrorCode, string] {
  const code = codeOf(error);
  const reason = messageOf(error) || code;
  if (error instanceof URIError) return ['invalid', 'its key is not well-formed Unicode'];
  if (/CERT|SELF_SIGNED|ISSUER|ERR_TLS/.test(code))
    return ['denied', `its certificate is not trusted (${reason}); name its authority's in S3_CA_FILE`];
  if (code === 'EPROTO')
    return ['invalid', `${endpoint?.host ?? 'the server'} speaks no TLS; expected an http: endpoint`];
  if (code === 'ENOTFOUND') return ['unavailable', `${reason}; check the host in STORE_URL`];
  if (isTransient(error)) return ['unavailable', reason];
  return ['unavailable', `${(error as Error).name}: ${reason}`];
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 600);
