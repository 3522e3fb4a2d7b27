import { connectDatabase, migrate, migrationsTaken, type Config } from '@palimpsest/platform';
import { migrations } from './database/migrations.js';
import type { Tables } from './database/schema.js';

/**
 * Brings the tables to the form that this version works with.
 *
 * @returns the steps that were taken now, in their order; none where the tables were new already
 * @throws as `openDatabase`
 */
export async function migrateDatabase(config: Pick<Config, 'DATABASE_URL'>): Promise<string[]> {
  const db = await connectDatabase<Tables>(config);
  try {
    const before = await migrationsTaken(db);
    await migrate(db, migrations);
    return (await migrationsTaken(db)).filter((step) => !before.includes(step));
  } finally {
    await db.destroy();
  }
}
