import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase, MemoryStore, migrate, openDatabase, Store } from '@palimpsest/platform';
import { sql, type Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../database/migrations.js';
import type { Tables } from '../database/schema.js';
import { backUp, saveDumpOf } from './back-up.js';
import { dumpTo } from './dump.js';
import { loadDump } from './load.js';
import { restore } from './restore.js';

const memory = { DATABASE_URL: 'pglite:memory' };
const open = () => openDatabase<Tables>(memory, migrations);
const loose = (db: Kysely<Tables>) => db as unknown as Kysely<unknown>;
const text = (value: string) => new TextEncoder().encode(value);

async function dumpOf(db: Kysely<Tables>): Promise<string[]> {
  const lines: string[] = [];
  await dumpTo(loose(db), (line) => Promise.resolve(void lines.push(line)));
  return lines;
}

async function* each(lines: string[]): AsyncIterable<string> {
  for (const line of lines) yield await Promise.resolve(line);
}

const row = { version: 1, needs: '{}', study_id: 's', status: 'done', attempt: 1, last_attempt: 3 } as const;

/** A study with a task whose output is in the store. */
async function fill(db: Kysely<Tables>, output: unknown, count = 1): Promise<void> {
  const created_at = new Date('2024-02-29T12:34:56.789Z');
  const spec = '{"b": 1,\n "a": {"2": "ü😀\\n", "1": null}}';
  await db
    .insertInto('studies')
    .values({ id: 's', name: 'n', spec, status: 'running', look: 1, created_at })
    .execute();
  const tasks = Array.from({ length: count }, (_, i) => ({
    ...{ ...row, id: `t${i}`, kind: 'train' as const, input: '{}', next_at: created_at },
    ...{ output: JSON.stringify(output), seconds: 0.1 + 0.2 },
  }));
  await db.insertInto('tasks').values(tasks).execute();
  await db
    .insertInto('nodes')
    .values({ study_id: 's', key: 'k', kind: 'train', deps: '[]', task_id: 't0', status: 'done' })
    .execute();
}

describe('a dump', () => {
  let db: Kysely<Tables>;
  let other: Kysely<Tables>;
  beforeAll(async () => {
    db = await open();
    await fill(db, { made: 1 }, 450);
    other = await connectDatabase<Tables>(memory);
  });
  afterAll(() => Promise.all([db.destroy(), other.destroy()]));
  beforeEach(async () => {
    await sql`drop schema public cascade`.execute(other);
    await sql`create schema public`.execute(other);
  });

  it('makes the same database again: a dump of it is the same', async () => {
    const lines = await dumpOf(db);
    await loadDump(loose(other), migrations, each(lines));
    expect(await dumpOf(other)).toEqual(lines);
    expect(lines).toHaveLength(1 + 452 + 1);
    const spec = await other.selectFrom('studies').select('spec').executeTakeFirstOrThrow();
    expect(spec.spec).toEqual({ b: 1, a: { '2': 'ü😀\n', '1': null } });
  });

  it('numbers what comes next after what was loaded', async () => {
    await loadDump(loose(other), migrations, each(await dumpOf(db)));
    const next = { ...row, id: 'next', kind: 'train' as const, input: '{}', next_at: new Date() };
    const made = await other.insertInto('tasks').values(next).returning('number').executeTakeFirstOrThrow();
    expect(made.number).toBe(451);
  });

  it('of an older schema is brought to the newest', async () => {
    const lines = await dumpOf(db);
    const newer = {
      ...migrations,
      '9999-more': {
        up: (on: Kysely<unknown>) =>
          on.schema
            .alterTable('studies')
            .addColumn('more', 'integer', (c) => c.defaultTo(7))
            .execute(),
      },
    };
    // An empty database that is newer than the dump already.
    await migrate(other, newer);
    await loadDump(loose(other), newer, each(lines));
    const { rows } = await sql`select more from studies`.execute(other);
    expect(rows).toEqual([{ more: 7 }]);
  });

  it('that was cut off, or is of a later version, leaves the database empty', async () => {
    const lines = await dumpOf(db);
    const cut = loadDump(loose(other), migrations, each(lines.slice(0, -1)));
    await expect(cut).rejects.toMatchObject({ code: 'corrupt' });
    const short = [...lines.slice(0, 100), ...lines.slice(-1)];
    await expect(loadDump(loose(other), migrations, each(short))).rejects.toMatchObject({ code: 'corrupt' });
    const later = lines[0]!.replace('"migrations":[', '"migrations":["9999-later",');
    await expect(loadDump(loose(other), migrations, each([later]))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await other.selectFrom('studies').selectAll().execute()).toEqual([]);
  });

  it('is not loaded over what is there', async () => {
    const lines = await dumpOf(db);
    await loadDump(loose(other), migrations, each(lines));
    await expect(loadDump(loose(other), migrations, each(lines))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a backup', () => {
  let place = '';
  let db: Kysely<Tables>;
  let store: Store;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.destroy());
  const folder = () => join(place, 'backup');
  const backup = () =>
    backUp({ folder: folder(), store, saveDump: (path) => saveDumpOf(db as unknown as Kysely<never>, path) });
  beforeEach(async () => {
    place = mkdtempSync(join(tmpdir(), 'palimpsest-backup-'));
    store = new Store(new MemoryStore());
    await sql`truncate studies, tasks, nodes`.execute(db);
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const keysOf = async (of: Store) => {
    const keys: string[] = [];
    for await (const key of of.list('')) keys.push(key);
    return keys;
  };

  it('holds what the database refers to, and what ended since, and nothing else', async () => {
    const weights = await store.put('weights', text('weights'));
    const tree = await store.putTree('tree', [['a/b', text('leaf')]]);
    const late = await store.put('late', text('late'));
    await store.put('other', text('of no study'));
    await fill(db, { weights, deep: [{ tree }] });
    await store.writeRecord('tasks/t0/output.json', text(JSON.stringify({ output: { late } })));
    await store.writeRecord('tasks/elsewhere/output.json', text('{}'));
    const manifest = await backup();
    const expected = [weights.key, tree.listing.key, 'tree/a/b', late.key, 'tasks/t0/output.json'].sort();
    expect(manifest.objects.map(({ key }) => key)).toEqual(expected);

    const target = new Store(new MemoryStore());
    await restore({ folder: folder(), config: { DATABASE_URL: `pglite:${place}/db` }, store: target });
    expect(await keysOf(target)).toEqual(expected);
    expect(await target.get(weights)).toEqual(text('weights'));
    const restored = await openDatabase<Tables>({ DATABASE_URL: `pglite:${place}/db` }, migrations);
    expect(await dumpOf(restored)).toEqual(await dumpOf(db));
    await restored.destroy();
  });

  it('names what the store has lost, and goes on', async () => {
    const lost = await store.put('weights', text('weights'));
    await store.deleteRecord(lost.key);
    await fill(db, { lost });
    expect(await backup()).toMatchObject({ objects: [], missing: [lost.key] });
  });

  it('is refused whole where one of its files was altered', async () => {
    const weights = await store.put('weights', text('weights'));
    await fill(db, { weights });
    await backup();
    const target = new Store(new MemoryStore());
    const url = `pglite:${place}/db`;
    writeFileSync(join(folder(), 'store', weights.key), 'weighty');
    const restoring = restore({ folder: folder(), config: { DATABASE_URL: url }, store: target });
    await expect(restoring).rejects.toMatchObject({ code: 'corrupt' });
    expect(await keysOf(target)).toEqual([]);
    expect(existsSync(join(place, 'db'))).toBe(false);
  });

  it('leads to no file outside of its folder', async () => {
    await fill(db, {});
    await backup();
    const path = join(folder(), 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { objects: unknown[] };
    manifest.objects.push({ key: 'a/../../x', sha256: '', bytes: 0 });
    writeFileSync(path, JSON.stringify(manifest));
    const restoring = restore({ folder: folder(), config: memory, store });
    await expect(restoring).rejects.toMatchObject({ code: 'invalid' });
  });

  it('appears whole or not at all, and replaces none', async () => {
    await fill(db, {});
    const failing = backUp({ folder: folder(), store, saveDump: () => Promise.reject(new Error('no')) });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(folder())).toBe(false);
    await backup();
    await expect(backup()).rejects.toMatchObject({ code: 'conflict' });
  });
});
