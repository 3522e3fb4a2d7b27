import { PlatformError, messageOf } from '@palimpsest/contracts';
import { Migrator, type Kysely, type Migration } from 'kysely';

/** Steps of the schema by name, run in alphabetical order, each once. */
export type Migrations = Record<string, Migration>;

/**
 * Brings a database to the newest schema, all steps or none.
 * @throws PlatformError `invalid`, naming the step that failed
 */
export async function migrate<T>(db: Kysely<T>, migrations: Migrations): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const where = failed === undefined ? 'database schema' : `database schema, step ${failed}`;
  throw new PlatformError('invalid', `${where}: ${messageOf(error)}`, { cause: error });
}
