import { PlatformError, messageOf } from '@palimpsest/contracts';
import { Migrator, sql, type Kysely, type Migration } from 'kysely';

/** Steps of the schema by name, run in alphabetical order, each once. */
export type Migrations = Record<string, Migration>;

/** Any number, the same in every process: what the lock below is called. */
const LOCK = 7_315_001;

/**
 * Brings a database to the newest schema, all steps or none. Processes that start at once wait for each other, and one
 * of them does it.
 *
 * Every step must leave what an older program reads and writes in place (it adds; it removes only what no release has
 * used for a while): during a rolling upgrade, processes of the old version that are running go on with the new schema.
 * One that is started again refuses, since it cannot tell what it does not know.
 *
 * @param upTo the last step to take instead of the newest
 * @throws PlatformError `conflict` for a schema with steps that this program does not know, `invalid`, naming the step
 *   that failed; `unavailable` and such when the database is
 */
export async function migrate<T>(db: Kysely<T>, migrations: Migrations, upTo?: string): Promise<void> {
  // Kysely's own lock does not cover the making of its own tables.
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${sql.lit(LOCK)})`.execute(connection);
    try {
      await refuseNewer(connection, migrations);
      await takeSteps(connection, migrations, upTo);
    } finally {
      // A lost connection has let it go already, and has said so.
      await sql`select pg_advisory_unlock(${sql.lit(LOCK)})`.execute(connection).catch(() => undefined);
    }
  });
}

/** The steps that a database has taken, oldest first. */
export async function migrationsTaken<T>(db: Kysely<T>): Promise<string[]> {
  const there = await sql<{ there: boolean }>`
    select exists (select from information_schema.tables
      where table_schema = current_schema() and table_name = 'kysely_migration') as there`.execute(db);
  if (!there.rows[0]?.there) return [];
  const taken = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return taken.rows.map(({ name }) => name);
}

async function refuseNewer<T>(db: Kysely<T>, migrations: Migrations): Promise<void> {
  const unknown = (await migrationsTaken(db)).filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  const newest = Object.keys(migrations).sort().at(-1) ?? 'none';
  throw new PlatformError(
    'conflict',
    `database schema: expected no step after ${newest}, found ${unknown.join(', ')}: ` +
      'a later version of palimpsest made it; start that version',
  );
}

async function takeSteps<T>(db: Kysely<T>, migrations: Migrations, upTo: string | undefined): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const schema = await currentSchema(db);
  const migrator = new Migrator({ db, provider, migrationTableSchema: schema });
  const { error, results } = await (upTo === undefined
    ? migrator.migrateToLatest()
    : migrator.migrateTo(upTo));
  if (error === undefined) return;
  if (error instanceof PlatformError) throw error;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const where = failed === undefined ? 'database schema' : `database schema, step ${failed}`;
  throw new PlatformError('invalid', `${where}: ${messageOf(error)}`, { cause: error });
}

/** In a database with several schemas, Kysely would find its tables in any of them. */
async function currentSchema<T>(db: Kysely<T>): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db);
  return rows[0]?.name ?? 'public';
}
