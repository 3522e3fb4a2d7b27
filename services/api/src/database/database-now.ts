import { sql } from 'kysely';
import type { Database } from './schema.js';

/** The database's clock: processes on machines whose clocks differ judge leases by this one. */
export async function databaseNow(db: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date();
}
