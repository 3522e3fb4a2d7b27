import { connectDatabase, databaseNow, serverVersion, type Config } from '@palimpsest/platform';
import { PlatformError } from '@palimpsest/contracts';
import type { Check } from './check.js';
import { skewFinding } from './skew.js';

type Database = Awaited<ReturnType<typeof connectDatabase<Probe>>>;
interface Probe {
  palimpsest_doctor: { n: number };
}

/** The database that `DATABASE_URL` names: there, of which version, may make tables, and whose clock. */
export function databaseChecks(config: Config): Check[] {
  const advice = 'see DATABASE_URL';
  const thing = 'database';
  return [
    { thing, advice, run: () => within(config, async (db) => `PostgreSQL ${await serverVersion(db)}`) },
    { thing: `${thing}: may create tables`, advice, run: () => within(config, createTable) },
    {
      thing: `${thing}: clock`,
      advice,
      run: () =>
        within(config, async (db) => {
          await databaseNow(db);
          const before = Date.now();
          const theirs = await databaseNow(db);
          return skewFinding(theirs, { before, after: Date.now() });
        }),
    },
  ];
}

async function within<T>(config: Config, use: (db: Database) => Promise<T>): Promise<T | InUse> {
  let db: Database;
  try {
    db = await connectDatabase<Probe>(config, { patienceMs: 0 });
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'conflict') return inUse;
    throw error;
  }
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

type InUse = typeof inUse;
/** An embedded database is opened by one process: that it is open says that it works. */
const inUse = {
  verdict: 'ok' as const,
  found: 'open in another process, so not looked into',
};

class Undone extends Error {}

async function createTable(db: Database): Promise<string> {
  try {
    await db.transaction().execute(async (trx) => {
      await trx.schema.createTable('palimpsest_doctor').addColumn('n', 'integer').execute();
      await trx.insertInto('palimpsest_doctor').values({ n: 1 }).execute();
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return 'yes';
}
