import { PlatformError } from '@palimpsest/contracts';
import type { PostgresPool } from 'kysely';
import type pg from 'pg';
import { translatingPool } from './translating-pool.js';

/** PostgreSQL's number for the type `bigint`. */
const INT8 = 20;
const CONNECTIONS = 10;
const CONNECT_MS = 10_000;
/** After this the server gives a statement up; it also undoes a transaction that a stopped process left open. */
const STATEMENT_MS = 60_000;
/** After this a server that fell silent counts as gone. */
const SILENCE_MS = 70_000;

/** A PostgreSQL server as `DATABASE_URL` names it. */
export interface PostgresAddress {
  /** For messages: `database studies at localhost:5432`. */
  where: string;
  /** What `pg` takes. */
  connectionString: string;
  /** Of the tables, by `?schema=`; undefined leaves it to the server's `search_path`. */
  schema: string | undefined;
}

/** @throws PlatformError `invalid` for what is no URL, or a schema's name that would need quotes */
export function parsePostgresUrl(url: string): PostgresAddress {
  const parsed = parse(url);
  const schema = parsed.searchParams.get('schema') ?? undefined;
  parsed.searchParams.delete('schema');
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    const expected = 'expected lower-case letters, digits and underscores';
    throw new PlatformError('invalid', `DATABASE_URL: schema "${schema}": ${expected}`);
  }
  const host = parsed.searchParams.get('host') ?? (parsed.hostname || process.env.PGHOST || 'localhost');
  const port = parsed.port || process.env.PGPORT || '5432';
  const name = decodeURIComponent(parsed.pathname.slice(1)) || process.env.PGDATABASE || parsed.username;
  const where = `database ${name} at ${host}:${port}${schema === undefined ? '' : `, schema ${schema}`}`;
  return { where, connectionString: parsed.href, schema };
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    const expected = 'expected postgres://user:password@host:5432/database (special characters as %xx)';
    throw new PlatformError('invalid', `DATABASE_URL: ${expected}, found something that is no URL`);
  }
}

/** Connections to a PostgreSQL server, none opened before it is used. */
export async function openPostgres({
  where,
  connectionString,
  schema,
}: PostgresAddress): Promise<PostgresPool> {
  const { Pool, types } = (await import('pg')).default;
  const pool = new Pool({
    ...{ connectionString, application_name: 'palimpsest', types: numbersFor(types) },
    ...(schema !== undefined && { options: `-c search_path=${schema}` }),
    ...{ max: CONNECTIONS, connectionTimeoutMillis: CONNECT_MS, keepAlive: true },
    ...{ statement_timeout: STATEMENT_MS, idle_in_transaction_session_timeout: STATEMENT_MS },
    query_timeout: SILENCE_MS,
  });
  // A server that dies says so on every connection, also on those that wait in the pool: the next query finds out.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return translatingPool(pool, where);
}

type Types = typeof pg.types;

/** `bigint` as a number, whatever the size, as with PGlite. */
function numbersFor(types: Types): { getTypeParser: Types['getTypeParser'] } {
  const getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : (types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format);
  return { getTypeParser: getTypeParser as Types['getTypeParser'] };
}
