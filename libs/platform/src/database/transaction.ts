import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type Kysely, type Transaction } from 'kysely';
import { isCollision } from './database-error.js';

const TRIES = 6;
const FIRST_REST_MS = 10;

/**
 * Runs a transaction, again when the database undid it because it met another one (a deadlock, or rows that changed
 * meanwhile), at most 6 times with growing, random rests. `run` may therefore run more than once: it must do nothing
 * outside of the transaction. A lost connection is not tried again: whether the commit arrived is unknown then.
 *
 * @throws PlatformError `unavailable` when it met others every time; whatever `run` throws
 */
export async function inTransaction<T, R>(
  db: Kysely<T>,
  run: (trx: Transaction<T>) => Promise<R>,
  random: () => number = Math.random,
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(run);
    } catch (error) {
      if (!isCollision(error) || attempt === TRIES) throw error;
      await sleep(FIRST_REST_MS * 2 ** attempt * random());
    }
  }
}

/** The time by the database's own clock: what several processes compare must come from one. */
export async function databaseNow<T>(db: Kysely<T>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('the database did not say what time it is');
  return row.now;
}
