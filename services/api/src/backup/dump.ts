import { migrationsTaken } from '@palimpsest/platform';
import { sql, type Kysely, type Transaction } from 'kysely';

/** How many rows the database hands out at once. */
const PORTION = 200;
/** Kysely's own: what it says of the steps that were taken stands in the head of the dump. */
export const BOOKKEEPING = 'kysely_';

/** A table and its columns but those that the database computes. */
export interface DumpedTable {
  name: string;
  columns: string[];
}

/** The first line of a dump. */
export interface DumpHead {
  format: 1;
  /** Steps of the schema that had been taken. */
  migrations: string[];
  /** In an order in which each comes after those it refers to. */
  tables: DumpedTable[];
}

/**
 * The database as lines of JSON, as it was at one instant: a head, then `["<table>",{<row>}]` for every row, then
 * `{"end":true,"rows":<n>}`, without which a dump was cut off. What the tables are is read from the catalogue, and a
 * row is written by the database itself, so that no value passes through a number of ours.
 *
 * Takes the connection until it is read to its end.
 */
export async function dumpTo(db: Kysely<unknown>, write: (line: string) => Promise<void>): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const tables = await tablesOf(trx);
      const head: DumpHead = { format: 1, migrations: await migrationsTaken(trx), tables };
      await write(JSON.stringify(head));
      let rows = 0;
      for (const table of tables) rows += await dumpTable(trx, table, write);
      await write(JSON.stringify({ end: true, rows }));
    });
}

async function dumpTable(
  trx: Transaction<unknown>,
  { name, columns }: DumpedTable,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const list = sql.join(columns.map((column) => sql.ref(column)));
  await sql`declare dump no scroll cursor for
    select row_to_json(t)::text as row from (select ${list} from ${sql.table(name)}) t`.execute(trx);
  let count = 0;
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(PORTION)} from dump`.execute(trx);
    // Line breaks within a JSON column stand between its values only.
    for (const { row } of rows) await write(`${rowPrefix(name)}${row.replace(/\s*[\r\n]\s*/g, ' ')}]`);
    count += rows.length;
    if (rows.length < PORTION) break;
  }
  await sql`close dump`.execute(trx);
  return count;
}

/** How the line of a row begins: what follows, without the last character, is the row. */
export const rowPrefix = (table: string) => `[${JSON.stringify(table)},`;

async function tablesOf(db: Kysely<unknown>): Promise<DumpedTable[]> {
  const { rows } = await sql<DumpedTable>`
    select table_name as name, json_agg(column_name order by ordinal_position) as columns
    from information_schema.tables join information_schema.columns using (table_schema, table_name)
    where table_schema = current_schema() and table_type = 'BASE TABLE' and is_generated = 'NEVER'
      and not starts_with(table_name, ${sql.lit(BOOKKEEPING)})
    group by table_name order by table_name`.execute(db);
  return inOrder(rows, await referencesOf(db));
}

async function referencesOf(db: Kysely<unknown>): Promise<{ from: string; to: string }[]> {
  const { rows } = await sql<{ from: string; to: string }>`
    select f.relname as "from", t.relname as "to"
    from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace and f.oid <> t.oid`.execute(db);
  return rows;
}

/** Tables after those they refer to; of a circle, in the order they are in. */
function inOrder(tables: DumpedTable[], references: { from: string; to: string }[]): DumpedTable[] {
  const done = new Set<DumpedTable>();
  const visit = (table: DumpedTable, above: string[]) => {
    if (done.has(table) || above.includes(table.name)) return;
    const wanted = references.filter(({ from }) => from === table.name).map(({ to }) => to);
    for (const other of tables) if (wanted.includes(other.name)) visit(other, [...above, table.name]);
    done.add(table);
  };
  for (const table of tables) visit(table, []);
  return [...done];
}
