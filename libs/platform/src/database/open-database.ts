import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, PlatformError } from '@palimpsest/contracts';
import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import { schemeOf, type Config } from '../config.js';
import { folderOf } from '../drivers.js';
import { migrate, type Migrations } from './migrate.js';
import { openPglite } from './pglite.js';
import { openPostgres, parsePostgresUrl } from './postgres.js';

/** How long a server that is starting up is waited for, and how often it is asked. */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 250;
const OLDEST_SERVER = 13;

type DatabaseConfig = Pick<Config, 'DATABASE_URL'>;

/**
 * Opens the database that `DATABASE_URL` names and brings it to the newest schema. `destroy` closes it.
 *
 * @throws PlatformError `conflict` while another process has its folder, or for a schema newer than this program;
 *   `invalid` for a step of the schema that fails, or a server that is too old; `denied`, `not-found` or, after 10 s,
 *   `unavailable` with what to do
 */
export async function openDatabase<T>(config: DatabaseConfig, migrations: Migrations): Promise<Kysely<T>> {
  const db = await connectDatabase<T>(config);
  try {
    await migrate(db, migrations);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** As `openDatabase`, with the tables as they are. @param patienceMs how long a server may take to answer */
export async function connectDatabase<T>(
  { DATABASE_URL }: DatabaseConfig,
  { patienceMs = PATIENCE_MS } = {},
): Promise<Kysely<T>> {
  switch (schemeOf('DATABASE_URL', DATABASE_URL)) {
    case 'pglite:':
      return over<T>(await openPglite(DATABASE_URL === 'pglite:memory' ? undefined : folderOf(DATABASE_URL)));
    case 'postgres:':
      return connectPostgres<T>(DATABASE_URL, patienceMs);
  }
}

const over = <T>(pool: PostgresPool) => new Kysely<T>({ dialect: new PostgresDialect({ pool }) });

async function connectPostgres<T>(url: string, patienceMs: number): Promise<Kysely<T>> {
  const address = parsePostgresUrl(url);
  const db = over<T>(await openPostgres(address));
  try {
    await untilItAnswers(() => refuseOldServer(db, address.where), patienceMs);
    const { schema } = address;
    if (schema !== undefined) await ensureSchema(db, schema);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function untilItAnswers(ask: () => Promise<void>, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}

async function refuseOldServer<T>(db: Kysely<T>, where: string): Promise<void> {
  const version = await serverVersion(db);
  if (Number.parseInt(version) >= OLDEST_SERVER) return;
  throw new PlatformError(
    'invalid',
    `${where}: expected PostgreSQL ${OLDEST_SERVER} or later, found ${version}`,
  );
}

/** Such as `18.4`. */
export async function serverVersion<T>(db: Kysely<T>): Promise<string> {
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(db);
  return rows[0]?.version.split(' ')[0] ?? '';
}

/** Looks first: who may not create schemas may still use one that is there. */
async function ensureSchema<T>(db: Kysely<T>, schema: string): Promise<void> {
  const isThere = async () =>
    (await sql`select from pg_namespace where nspname = ${schema}`.execute(db)).rows.length > 0;
  if (await isThere()) return;
  try {
    await db.schema.createSchema(schema).ifNotExists().execute();
  } catch (error) {
    // Of several that create it in the same instant, all but one fail, whatever `if not exists` says.
    if (!(await isThere())) throw error;
  }
}
