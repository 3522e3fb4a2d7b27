import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { schemeOf, type Config } from '../config.js';
import { folderOf } from '../drivers.js';
import { migrate, type Migrations } from './migrate.js';
import { openPglite } from './pglite.js';

/**
 * Opens the database that `DATABASE_URL` names and brings it to the newest schema. `destroy` closes it.
 *
 * @throws PlatformError `conflict` while another process has its folder, `invalid` for a step of the schema that fails
 */
export async function openDatabase<T>(
  { DATABASE_URL }: Pick<Config, 'DATABASE_URL'>,
  migrations: Migrations,
): Promise<Kysely<T>> {
  const pool = await openPool(DATABASE_URL);
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db, migrations);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

function openPool(url: string): Promise<PostgresPool> {
  schemeOf('DATABASE_URL', url);
  return openPglite(url === 'pglite:memory' ? undefined : folderOf(url));
}
