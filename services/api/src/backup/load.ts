import { PlatformError } from '@palimpsest/contracts';
import { migrate, migrationsTaken, type Migrations } from '@palimpsest/platform';
import { sql, type Kysely, type Transaction } from 'kysely';
import { z } from 'zod';
import { BOOKKEEPING, rowPrefix, type DumpedTable } from './dump.js';

const PORTION = 200;

const headSchema = z.object({
  format: z.literal(1),
  migrations: z.array(z.string()),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
});
const endSchema = z.object({ end: z.literal(true), rows: z.int() });

/**
 * Fills an empty database from a dump, whatever wrote it: its schema as it was then, all rows or none, then the newest
 * schema.
 *
 * @throws PlatformError `conflict` for a database that holds something, or a dump of a later version; `corrupt` for a
 *   dump that was cut off
 */
export async function loadDump(
  db: Kysely<unknown>,
  migrations: Migrations,
  lines: AsyncIterable<string>,
): Promise<void> {
  const each = lines[Symbol.asyncIterator]();
  const head = headOf((await each.next()).value as string | undefined);
  requireKnown(head.migrations, migrations);
  await requireEmpty(db);
  await toSchemaOf(db, head.migrations, migrations);
  const rest = { [Symbol.asyncIterator]: () => each };
  await db.transaction().execute((trx) => loadRows(trx, head.tables, rest));
  await migrate(db, migrations);
}

/** @throws PlatformError `conflict` when a table has rows */
export async function requireEmpty(db: Kysely<unknown>): Promise<void> {
  for (const name of await tableNames(db)) {
    const { rows } = await sql`select from ${sql.table(name)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    const message = `database: expected an empty one to restore into, found rows in ${name}; use another DATA_DIR or DATABASE_URL`;
    throw new PlatformError('conflict', message);
  }
}

async function tableNames(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE'
      and not starts_with(table_name, ${sql.lit(BOOKKEEPING)})`.execute(db);
  return rows.map(({ name }) => name);
}

/** The head of a dump. @throws PlatformError `corrupt` */
export function headOf(line: string | undefined): z.infer<typeof headSchema> {
  const parsed = headSchema.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  throw new PlatformError('corrupt', `dump of the database: its head: ${z.prettifyError(parsed.error)}`);
}

/** How many rows the last line says there are; undefined for another line. */
export function endOf(line: string): number | undefined {
  return line.startsWith('{') ? endSchema.safeParse(parseJson(line)).data?.rows : undefined;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function requireKnown(taken: string[], migrations: Migrations): void {
  const unknown = taken.filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  const message = `backup: made by a later version of palimpsest (schema ${unknown.join(', ')}); restore it with that one`;
  throw new PlatformError('conflict', message);
}

/** There is no way down: an empty database whose schema is newer than the dump's is built anew. */
async function toSchemaOf(db: Kysely<unknown>, taken: string[], migrations: Migrations): Promise<void> {
  const last = [...taken].sort().at(-1);
  if (last === undefined) throw new PlatformError('corrupt', 'dump of the database: it has no schema');
  const there = await migrationsTaken(db);
  if (there.some((name) => !taken.includes(name))) await dropEmptyTables(db);
  await migrate(db, migrations, last);
}

async function dropEmptyTables(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const name of await tableNames(trx)) {
      await sql`lock table ${sql.table(name)} in access exclusive mode`.execute(trx);
    }
    await requireEmpty(trx);
    for (const name of await tableNames(trx)) await sql`drop table ${sql.table(name)} cascade`.execute(trx);
    await sql`delete from kysely_migration`.execute(trx);
  });
}

async function loadRows(
  trx: Transaction<unknown>,
  tables: DumpedTable[],
  lines: AsyncIterable<string>,
): Promise<void> {
  const loader = new Loader(trx, tables);
  for await (const line of lines) {
    const rows = endOf(line);
    if (rows === undefined) await loader.add(line);
    else return loader.finish(rows);
  }
  throw new PlatformError('corrupt', 'dump of the database: expected a last line that says so, found none');
}

/** Puts rows in, a portion of one table at a time. */
class Loader {
  #table: DumpedTable | undefined;
  #waiting: string[] = [];
  #count = 0;

  constructor(
    private readonly trx: Transaction<unknown>,
    private readonly tables: DumpedTable[],
  ) {}

  async add(line: string): Promise<void> {
    const table = this.tables.find(({ name }) => line.startsWith(rowPrefix(name)));
    if (!table) throw new PlatformError('corrupt', `dump of the database: line "${line.slice(0, 60)}…"`);
    if (table !== this.#table || this.#waiting.length === PORTION) await this.#flush();
    this.#table = table;
    this.#waiting.push(line.slice(rowPrefix(table.name).length, -1));
    this.#count += 1;
  }

  async finish(expected: number): Promise<void> {
    await this.#flush();
    if (this.#count !== expected) {
      const message = `dump of the database: expected ${expected} rows, found ${this.#count}`;
      throw new PlatformError('corrupt', message);
    }
    for (const table of this.tables) await moveSequences(this.trx, table);
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    if (!this.#table || rows.length === 0) return;
    const { name, columns } = this.#table;
    const list = sql.join(columns.map((column) => sql.ref(column)));
    await sql`insert into ${sql.table(name)} (${list}) overriding system value
      select ${list} from json_populate_recordset(null::${sql.table(name)}, ${`[${rows.join(',')}]`}::json)`.execute(
      this.trx,
    );
  }
}

/** The next row that numbers itself comes after those that were loaded. */
async function moveSequences(trx: Transaction<unknown>, { name, columns }: DumpedTable): Promise<void> {
  for (const column of columns) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const { rows } = await sql<{ sequence: string | null }>`
      select pg_get_serial_sequence(${quoted}, ${column}) as sequence`.execute(trx);
    const sequence = rows[0]?.sequence;
    if (!sequence) continue;
    await sql`select setval(${sequence}, coalesce(max(${sql.ref(column)}), 1), max(${sql.ref(column)}) is not null)
      from ${sql.table(name)}`.execute(trx);
  }
}
