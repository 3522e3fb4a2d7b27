import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, connectDatabase, migrationsTaken, serverVersion } from '@palimpsest/platform';
import { sql, type Kysely } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeDatabase } from '../../libs/platform/src/database/database-conformance.js';
import { migrations } from '../../services/api/src/database/migrations.js';
import { missing, startPostgres, type Server } from './servers/servers.mjs';

type Any = Record<string, Record<string, unknown>>;
const messageLike = (text: string) => expect.stringContaining(text) as string;

for (const version of ['15', '18']) {
  const title = `PostgreSQL ${version}`;
  const reason = missing('postgres', { version });
  describe.skipIf(reason !== undefined)(
    reason === undefined ? title : `${title} (skipped: ${reason})`,
    () => {
      let server: Server;
      const urlOf = (schema: string) => `${server.url}?schema=${schema}`;
      beforeAll(async () => {
        server = await startPostgres({ version });
        return () => server.remove();
      });

      describeDatabase(title, () => server.url);
      describeDatabase(`${title}, a schema of a shared database`, () => urlOf('suite'));

      it(`is what the suite ran on`, async () => {
        const db = await connectDatabase({ DATABASE_URL: server.url });
        expect(await serverVersion(db)).toMatch(new RegExp(`^${version}\\.`));
        await db.destroy();
      });

      it('is brought to the newest schema once by processes that start at the same instant', async () => {
        const opened = await Promise.all(
          Array.from({ length: 5 }, () => openDatabase<Any>({ DATABASE_URL: urlOf('at_once') }, migrations)),
        );
        expect(await migrationsTaken(opened[0]!)).toEqual(Object.keys(migrations).sort());
        await opened[0]!.selectFrom('studies').selectAll().execute();
        await Promise.all(opened.map((db) => db.destroy()));
      });

      describe('faults', () => {
        it(
          'goes on by itself after the server was killed in the middle of transactions',
          () => killed(server),
          150_000,
        );

        it('is waited for while it starts', async () => {
          await server.kill();
          const [db] = await Promise.all([
            openDatabase<Any>({ DATABASE_URL: urlOf('late') }, migrations),
            sleep(1500).then(() => server.start()),
          ]);
          await db.destroy();
        }, 30_000);

        it('tells a deadlock as what may be tried again', async () => {
          const db = await openDatabase<Any>({ DATABASE_URL: urlOf('deadlock') }, migrations);
          let holding = 0;
          let tellBoth = (): void => undefined;
          const bothHold = new Promise<void>((resolve) => (tellBoth = resolve));
          const lockBoth = (first: number, second: number) =>
            db.transaction().execute(async (trx) => {
              await sql`select pg_advisory_xact_lock(${first})`.execute(trx);
              if (++holding === 2) tellBoth();
              await bothHold;
              await sql`select pg_advisory_xact_lock(${second})`.execute(trx);
            });
          const ends = await Promise.allSettled([lockBoth(1, 2), lockBoth(2, 1)]);
          const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
          expect(reasons).toEqual([
            expect.objectContaining({ code: 'unavailable', message: messageLike('deadlock') }),
          ]);
          await db.destroy();
        });

        it('says in one line what to do about a login, a database or a privilege that is not there', () =>
          refusals(server));

        it('tells too many connections as what may be tried again', async () => {
          const db = await openDatabase<Any>({ DATABASE_URL: urlOf('crowded') }, migrations);
          await sql`create role crowd login connection limit 0`.execute(db);
          const url = server.url.replace('postgres@', 'crowd@');
          await expect(connectDatabase({ DATABASE_URL: url }, { patienceMs: 0 })).rejects.toMatchObject({
            code: 'unavailable',
            message: messageLike('too many connections'),
          });
          await db.destroy();
        });
      });
    },
  );
}

/** Counts up rows in transactions by several hands, kills the server thrice, and looks what is there in the end. */
async function killed(server: Server): Promise<void> {
  const db = await openDatabase<Any>({ DATABASE_URL: `${server.url}?schema=killed` }, migrations);
  await sql`create table pairs (id serial, half text)`.execute(db);
  const errors: unknown[] = [];
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const hands = Array.from({ length: 8 }, (_, hand) =>
    work(db, { hand, stop: stop.signal, acknowledged, errors }),
  );
  for (let kill = 0; kill < 3; kill++) {
    await sleep(400);
    await server.kill();
    await sleep(200);
    const before = acknowledged.length;
    await server.start();
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
  }
  stop.abort();
  await Promise.all(hands);
  const { rows } = await sql<{
    half: string;
    n: number;
  }>`select half, count(*) as n from pairs group by half`.execute(db);
  await db.destroy();
  const written = new Map(rows.map(({ half, n }) => [half, n]));
  expect(acknowledged.filter((half) => written.get(half) !== 2)).toEqual([]);
  expect(rows.filter(({ n }) => n !== 2)).toEqual([]);
  expect(errors.length).toBeGreaterThan(0);
  const codes = errors.map((error) => (error as { code?: string }).code);
  expect(new Set(codes), String(errors.find((_, i) => codes[i] !== 'unavailable'))).toEqual(
    new Set(['unavailable']),
  );
}

interface Hand {
  hand: number;
  stop: AbortSignal;
  acknowledged: string[];
  errors: unknown[];
}

async function work(db: Kysely<Any>, { hand, stop, acknowledged, errors }: Hand): Promise<void> {
  for (let i = 0; !stop.aborted; i++) {
    const half = `${hand}-${i}`;
    try {
      await db.transaction().execute(async (trx) => {
        await sql`insert into pairs (half) values (${half})`.execute(trx);
        await sql`insert into pairs (half) values (${half})`.execute(trx);
      });
      acknowledged.push(half);
    } catch (error) {
      errors.push(error);
      await sleep(20);
    }
  }
}

async function refusals(server: Server): Promise<void> {
  const opening = (url: string) => openDatabase<Any>({ DATABASE_URL: url }, migrations);
  const admin = await connectDatabase({ DATABASE_URL: server.url });
  await sql`create role guest login password 'secret'`.execute(admin);
  await sql`revoke create on schema public from public`.execute(admin);
  await sql`create database empty_one`.execute(admin);
  await admin.destroy();
  await expect(opening(server.url.replace('postgres@', 'nobody@'))).rejects.toMatchObject({
    code: 'denied',
    message: messageLike('check user and password'),
  });
  await expect(opening(server.url.replace(/\/postgres$/, '/absent'))).rejects.toMatchObject({
    code: 'not-found',
    message: messageLike('database absent at 127.0.0.1'),
  });
  const asGuest = server.url.replace('postgres@', 'guest:secret@').replace(/\/postgres$/, '/empty_one');
  const denied = await opening(`${asGuest}?schema=theirs`).catch((error: unknown) => error as Error);
  expect(denied).toMatchObject({ code: 'denied', message: messageLike('lacks a privilege') });
  expect((denied as Error).message).not.toMatch(/secret|\n/);
}

describe('a database that is not there', () => {
  it('is told in one line, after a while', async () => {
    const started = performance.now();
    const opening = openDatabase<Any>(
      { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/studies' },
      migrations,
    );
    const error = await opening.catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      code: 'unavailable',
      message: messageLike('database studies at 127.0.0.1:1: no answer'),
    });
    expect((error as Error).message).not.toMatch(/secret|\n/);
    expect(performance.now() - started).toBeGreaterThan(9000);
  }, 30_000);
});
