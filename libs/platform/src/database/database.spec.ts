import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.js';
import { migrate, type Migrations } from './migrate.js';
import { openDatabase } from './open-database.js';

interface Schema {
  thing: { id: number; size: number; data: unknown };
}
const migrations: Migrations = {
  '0001-things': {
    up: (db: Kysely<unknown>) =>
      db.schema
        .createTable('thing')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('size', 'bigint')
        .addColumn('data', 'jsonb')
        .execute(),
  },
};
const inMemory = { DATABASE_URL: 'pglite:memory' };

describe('openDatabase', () => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    db = await openDatabase<Schema>(inMemory, migrations);
  });
  afterAll(() => db.destroy());

  it('keeps numbers, also large ones and counts, and JSON', async () => {
    const thing = { id: 1, size: 5_000_000_000, data: { list: [1, 'two', null] } };
    await db.insertInto('thing').values(thing).execute();
    expect(await db.selectFrom('thing').selectAll().execute()).toEqual([thing]);
    const counted = await db
      .selectFrom('thing')
      .select((e) => e.fn.countAll<number>().as('n'))
      .execute();
    expect(counted).toEqual([{ n: 1 }]);
  });

  it('counts the rows that were changed', async () => {
    await db
      .insertInto('thing')
      .values([2, 3].map((id) => ({ id, size: 7, data: null })))
      .execute();
    const result = await db.updateTable('thing').set({ size: 8 }).where('size', '=', 7).executeTakeFirst();
    expect(result.numUpdatedRows).toBe(2n);
  });

  it('undoes a transaction that fails, and lets nobody in between', async () => {
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('thing').values({ id: 9, size: 0, data: null }).execute();
      await sql`select pg_sleep(0.05)`.execute(trx);
      throw new Error('no');
    });
    const counted = db.selectFrom('thing').selectAll().where('id', '=', 9).execute();
    await expect(failing).rejects.toThrow('no');
    expect(await counted).toEqual([]);
  });

  it('goes on after a query that fails', async () => {
    await expect(sql`select nonsense`.execute(db)).rejects.toThrow('nonsense');
    await expect(sql`select 1 as one`.execute(db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('names the step of the schema that fails', async () => {
    const broken = { '0002-broken': { up: () => Promise.reject(new Error('no such type')) } };
    await expect(migrate(db, { ...migrations, ...broken })).rejects.toMatchObject({
      code: 'invalid',
      message: 'database schema, step 0002-broken: no such type',
    });
  });
});

describe('lockFolder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-db-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('refuses a folder that a process has, naming both, until it is let go', async () => {
    const path = join(folder, 'held');
    const unlock = await lockFolder(path);
    await expect(lockFolder(path)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(new RegExp(`${path} is in use by process ${process.pid} `)) as string,
    });
    await unlock();
    await (
      await lockFolder(path)
    )();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('takes over the lock of a process that was killed', async () => {
    const path = join(folder, 'stale');
    const script = join(folder, 'hold.mjs');
    const module = new URL('../../dist/database/folder-lock.js', import.meta.url).href;
    await writeFile(
      script,
      `import { lockFolder } from '${module}'; await lockFolder('${path}'); console.log('held'); setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect(lockFolder(path)).rejects.toThrow(`process ${child.pid ?? 0} `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (
      await lockFolder(path)
    )();
  });

  it('takes over a lock that was cut off while it was written', async () => {
    const path = join(folder, 'cut');
    await writeFile(`${path}.lock`, '{"ho');
    await (
      await lockFolder(path)
    )();
  });

  it.skipIf(process.platform !== 'linux')('tells a process from a later one with its number', async () => {
    const path = join(folder, 'reused');
    const { hostname } = await import('node:os');
    await writeFile(`${path}.lock`, JSON.stringify({ host: hostname(), pid: process.pid, started: '1' }));
    await (
      await lockFolder(path)
    )();
  });
});
