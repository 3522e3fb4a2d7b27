import { PlatformError, messageOf, type ErrorCode } from '@palimpsest/contracts';

/** What an error of a database means for us, and what to do about it. */
interface Meaning {
  code: ErrorCode;
  says: string;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether a transaction was undone because it met another, so that running it again is all it needs. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error instanceof PlatformError ? error.cause : error));
}

/** Whether the connection on which this happened is of no more use. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  return network.has(code) || /^(08|57P)/.test(code) || lostText.test(messageOf(error));
}

/**
 * What failed, for whoever is to act on it: `unavailable` when trying again may help, `denied` or `not-found` with
 * what to do. Anything else, such as a wrong statement, comes back as it was.
 *
 * @param where names the database, with no password: `database studies at localhost:5432`
 */
export function translateDatabaseError(error: unknown, where: string): unknown {
  if (error instanceof PlatformError) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  const found = messageOf(error) || codeOf(error);
  return new PlatformError(meaning.code, `${where}: ${meaning.says} (${oneLine(found)})`, { cause: error });
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

const network = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ENOENT'.split(
    ' ',
  ),
);
const lostText = /connection terminated|not queryable|query read timeout|timeout expired|client was closed/i;

const unavailable = (says: string): Meaning => ({ code: 'unavailable', says });
const denied = (says: string): Meaning => ({ code: 'denied', says });

const gone = unavailable('the connection was lost');
const noAnswer = unavailable('no answer: is the server running, and DATABASE_URL right?');
const collided = unavailable('undone because of another transaction');
const badLogin = denied('the server turns us away: check user and password in DATABASE_URL, or PGPASSWORD');
const badCertificate = denied(
  "the server's certificate is not trusted: add sslrootcert=<file> with its CA to DATABASE_URL",
);

/** By SQLSTATE or Node's code. */
const byCode: Record<string, Meaning> = {
  ECONNREFUSED: noAnswer,
  ENOTFOUND: noAnswer,
  EAI_AGAIN: noAnswer,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENETUNREACH: noAnswer,
  ENOENT: noAnswer,
  ENOSPC: unavailable('no space left on its disk'),
  '25006': unavailable('it only reads: is this a standby?'),
  '25P03': unavailable('a transaction was idle for too long'),
  '28000': badLogin,
  '28P01': badLogin,
  '3D000': { code: 'not-found', says: 'there is no such database: create it, or change DATABASE_URL' },
  '3F000': { code: 'not-found', says: 'there is no such schema: add schema=<name> to DATABASE_URL' },
  '40001': collided,
  '40P01': collided,
  '42501': denied('the user lacks a privilege: grant it, or use another user in DATABASE_URL'),
  '53100': unavailable('no space left on its disk'),
  '53300': unavailable('too many connections: raise max_connections, or stop some clients'),
  '55P03': unavailable('a lock was not to be had in time'),
  '57014': unavailable('the statement took too long'),
  '57P01': unavailable('the server is shutting down'),
  '57P02': unavailable('the server crashed'),
  '57P03': unavailable('the server is starting up or shutting down'),
  SELF_SIGNED_CERT_IN_CHAIN: badCertificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: badCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: badCertificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: badCertificate,
  CERT_HAS_EXPIRED: badCertificate,
  ERR_TLS_CERT_ALTNAME_INVALID: badCertificate,
};

/** By the first two characters of a SQLSTATE. */
const byClass: Record<string, Meaning> = {
  '08': gone,
  '53': unavailable('the server is out of a resource'),
  '58': unavailable('the server has trouble with its files'),
};

/** pg says some things in words only. */
const byText: [RegExp, Meaning][] = [
  [/timeout exceeded when trying to connect|connection timeout/i, unavailable('no connection in time')],
  [/client password must be a (non-empty )?string/i, badLogin],
  [
    /does not support SSL/i,
    { code: 'invalid', says: 'DATABASE_URL asks for TLS, which the server does not speak' },
  ],
  [lostText, gone],
];

function meaningOf(error: unknown): Meaning | undefined {
  const code = codeOf(error);
  const sqlState = /^[0-9A-Z]{5}$/.test(code);
  return (
    byCode[code] ??
    (sqlState ? byClass[code.slice(0, 2)] : undefined) ??
    (network.has(code) ? gone : undefined) ??
    byText.find(([text]) => text.test(messageOf(error)))?.[1]
  );
}
