import { sql, type Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, type Migrations } from './migrate.js';
import { openDatabase } from './open-database.js';
import { databaseNow, inTransaction } from './transaction.js';

/** The table that the suite works on. */
interface Schema {
  thing: {
    id: number;
    size: number | null;
    data: unknown;
    text: unknown;
    share: number | null;
    at: Date | null;
    claimed_by: string | null;
  };
}

const migrations: Migrations = {
  '0001-things': {
    up: (db: Kysely<unknown>) =>
      db.schema
        .createTable('thing')
        .addColumn('id', 'serial', (column) => column.primaryKey())
        .addColumn('size', 'bigint')
        .addColumn('data', 'jsonb')
        .addColumn('text', 'json')
        .addColumn('share', 'double precision')
        .addColumn('at', 'timestamptz')
        .addColumn('claimed_by', 'text')
        .execute(),
  },
};

const empty = { size: null, data: null, text: null, share: null, at: null, claimed_by: null };

/**
 * What every database must do, whatever stands behind `DATABASE_URL`.
 *
 * @param url of a database (or schema) that is empty and this suite's own
 */
export function describeDatabase(name: string, url: () => string): void {
  let db: Kysely<Schema>;
  const database = () => db;
  describe(`a database: ${name}`, () => {
    beforeAll(async () => {
      db = await openDatabase<Schema>({ DATABASE_URL: url() }, migrations);
    });
    afterAll(() => db.destroy());
    describeValues(database);
    describeStatements(database);
    describeTransactions(database);
    describeCollisions(database);
    describeRepeats(database);
    describeClaims(database);
    describeMigrations(database);
  });
}

type Database = () => Kysely<Schema>;

function describeValues(db: Database): void {
  it('keeps numbers, also large ones, instants and JSON', async () => {
    const thing = {
      ...{ id: 1, size: 5_000_000_000, share: 0.1 + 0.2, at: new Date('2024-02-29T12:34:56.789Z') },
      ...{ data: { list: [1, 'two', null] }, text: JSON.stringify({ b: 1, a: { 2: 'x', 1: 'ü€😀' } }) },
      claimed_by: null,
    };
    await db().insertInto('thing').values(thing).execute();
    const rows = await db().selectFrom('thing').selectAll().where('id', '=', 1).execute();
    expect(rows).toEqual([{ ...thing, text: JSON.parse(thing.text) as unknown }]);
    const text = await sql<{ t: string }>`select text::text as t from thing where id = 1`.execute(db());
    expect(text.rows[0]?.t).toBe(thing.text);
  });

  it('counts as numbers, and numbers rows by itself', async () => {
    const counted = await db()
      .selectFrom('thing')
      .select((e) => [e.fn.countAll<number>().as('n'), e.fn.sum<number | null>('id').as('sum')])
      .where('id', '<', 0)
      .execute();
    expect(counted).toEqual([{ n: 0, sum: null }]);
    await sql`select setval(pg_get_serial_sequence('thing', 'id'), 100)`.execute(db());
    const made = await sql<{ id: number }>`insert into thing default values returning id`.execute(db());
    expect(made.rows).toEqual([{ id: 101 }]);
  });

  it('knows what time it is', async () => {
    const before = Date.now();
    const now = await databaseNow(db());
    expect(now).toBeInstanceOf(Date);
    expect(Math.abs(now.getTime() - before)).toBeLessThan(60_000);
  });
}

function describeStatements(db: Database): void {
  it('counts the rows that were changed', async () => {
    await db()
      .insertInto('thing')
      .values([2, 3].map((id) => ({ ...empty, id, size: 7 })))
      .execute();
    const result = await db().updateTable('thing').set({ size: 8 }).where('size', '=', 7).executeTakeFirst();
    expect(result.numUpdatedRows).toBe(2n);
  });

  it('goes on after a query that fails', async () => {
    await expect(sql`select nonsense`.execute(db())).rejects.toThrow('nonsense');
    await expect(sql`select 1 as one`.execute(db())).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('says what a statement of ours did wrong in the words of the database', async () => {
    await db()
      .insertInto('thing')
      .values({ ...empty, id: 4 })
      .execute();
    const again = db()
      .insertInto('thing')
      .values({ ...empty, id: 4 })
      .execute();
    await expect(again).rejects.toMatchObject({ code: '23505' });
  });
}

function describeTransactions(db: Database): void {
  it('undoes a transaction that fails, and shows nobody what it did', async () => {
    const failing = db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .insertInto('thing')
          .values({ ...empty, id: 9 })
          .execute();
        await sql`select pg_sleep(0.05)`.execute(trx);
        throw new Error('no');
      });
    const counted = db().selectFrom('thing').selectAll().where('id', '=', 9).execute();
    await expect(failing).rejects.toThrow('no');
    expect(await counted).toEqual([]);
  });
}

function describeCollisions(db: Database): void {
  it('loses no change of transactions that run at once', async () => {
    await db()
      .insertInto('thing')
      .values({ ...empty, id: 10, size: 0 })
      .execute();
    const add = () =>
      inTransaction(db(), async (trx) => {
        const at = await trx
          .selectFrom('thing')
          .select('size')
          .where('id', '=', 10)
          .forUpdate()
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('thing')
          .set({ size: (at.size ?? 0) + 1 })
          .where('id', '=', 10)
          .execute();
      });
    await Promise.all(Array.from({ length: 25 }, add));
    const { size } = await db()
      .selectFrom('thing')
      .select('size')
      .where('id', '=', 10)
      .executeTakeFirstOrThrow();
    expect(size).toBe(25);
  });
}

function describeRepeats(db: Database): void {
  it('runs a transaction again that met another one, and gives up in the end', async () => {
    let runs = 0;
    const meets = (times: number) =>
      inTransaction(
        db(),
        async (trx) => {
          runs += 1;
          const meeting = sql`do $$ begin raise exception 'met another' using errcode = '40001'; end $$`;
          if (runs <= times) await meeting.execute(trx);
          return runs;
        },
        () => 0,
      );
    await expect(meets(2)).resolves.toBe(3);
    runs = 0;
    await expect(meets(100)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('met another') as string,
    });
    expect(runs).toBe(6);
  });
}

function describeClaims(db: Database): void {
  it('gives each row to one of those who claim at once', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => 1000 + i);
    await db()
      .insertInto('thing')
      .values(ids.map((id) => ({ ...empty, id })))
      .execute();
    const claim = (who: string) => {
      const free = db()
        .selectFrom('thing')
        .select('id')
        .where('id', '>=', 1000)
        .where('claimed_by', 'is', null)
        .orderBy('id')
        .limit(5)
        .forUpdate()
        .skipLocked();
      return db()
        .updateTable('thing')
        .set({ claimed_by: who })
        .where('id', 'in', free)
        .returning('id')
        .execute();
    };
    const claimed: number[] = [];
    for (let round = 0; claimed.length < ids.length && round < 20; round++) {
      const rows = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`worker ${i}`)));
      claimed.push(...rows.flat().map(({ id }) => id));
    }
    expect(claimed.sort((a, b) => a - b)).toEqual(ids);
  });
}

function describeMigrations(db: Database): void {
  const broken = { up: () => Promise.reject(new Error('no such type')) };

  it('names the step of the schema that fails', async () => {
    await expect(migrate(db(), { ...migrations, '0002-broken': broken })).rejects.toMatchObject({
      code: 'invalid',
      message: 'database schema, step 0002-broken: no such type',
    });
  });

  it('takes all steps or none', async () => {
    const half = { up: (on: Kysely<unknown>) => on.schema.createTable('half').execute() };
    await expect(
      migrate(db(), { ...migrations, '0002-half': half, '0003-broken': broken }),
    ).rejects.toThrow();
    await expect(sql`select from half`.execute(db())).rejects.toThrow('half');
  });

  it('refuses a schema that a later version made', async () => {
    await expect(migrate(db(), { '0000-other': broken })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(
        'expected no step after 0000-other, found 0001-things: a later version',
      ) as string,
    });
  });
}
