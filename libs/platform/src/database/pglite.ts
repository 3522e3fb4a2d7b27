import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PlatformError, messageOf } from '@palimpsest/contracts';
import type { PGlite } from '@electric-sql/pglite';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { lockFolder } from './folder-lock.js';
import { translatingPool } from './translating-pool.js';

const WAIT_MS = 30_000;

/** Starts PostgreSQL in this process. @param folder where it keeps its files; undefined keeps nothing */
export async function openPglite(folder: string | undefined): Promise<PostgresPool> {
  const { PGlite, types } = await import('@electric-sql/pglite');
  // As numbers, whatever the size: PGlite's own parser gives a number or a bigint, depending on the value.
  const parsers = { [types.INT8]: Number };
  if (folder === undefined)
    return translatingPool(new PglitePool(await PGlite.create({ parsers })), 'database in memory');
  const path = resolve(folder);
  const unlock = await lockFolder(path);
  try {
    await mkdir(path, { recursive: true });
    const pool = new PglitePool(await PGlite.create({ dataDir: path, parsers }), unlock);
    return translatingPool(pool, `database ${path}`);
  } catch (cause) {
    await unlock();
    throw new PlatformError('unavailable', `database ${path} did not start: ${messageOf(cause)}`, { cause });
  }
}

/** PGlite has one connection: whoever has it keeps it until the end of the transaction, the others wait in line. */
class PglitePool implements PostgresPool {
  readonly #client: PgliteClient;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly pglite: PGlite,
    private readonly unlock: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#client = new PgliteClient(pglite);
  }

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#turn;
    const { promise, resolve: release } = withResolvers();
    this.#turn = before.then(() => promise);
    try {
      await inTime(before);
    } catch (error) {
      release();
      throw error;
    }
    this.#client.onRelease = release;
    return this.#client;
  }

  async end(): Promise<void> {
    await this.#turn;
    await this.pglite.close();
    await this.unlock();
  }
}

class PgliteClient implements PostgresPoolClient {
  onRelease = (): void => undefined;

  constructor(private readonly pglite: PGlite) {}

  query: PostgresPoolClient['query'] = (async (sql: string, parameters: readonly unknown[]) => {
    const { rows, affectedRows = 0 } = await this.pglite.query(sql, [...parameters]);
    return { command: commandOf(sql), rowCount: affectedRows, rows };
  }) as PostgresPoolClient['query'];

  release(): void {
    this.onRelease();
  }
}

/** PGlite does not say which command it ran; Kysely counts the affected rows of those that write. */
function commandOf(sql: string): PostgresQueryResult<unknown>['command'] {
  const word = /\b(insert|update|delete|merge)\b/i.exec(sql)?.[1];
  return word === undefined ? 'SELECT' : (word.toUpperCase() as 'INSERT');
}

/** A query outside of the transaction that it is made in would wait for ever. */
async function inTime(turn: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new PlatformError('unavailable', `database: no connection within ${WAIT_MS / 1000} s`);
    timer = setTimeout(() => reject(error), WAIT_MS);
  });
  await Promise.race([turn, late]).finally(() => clearTimeout(timer));
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
