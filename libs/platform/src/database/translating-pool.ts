import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { isConnectionLost, translateDatabaseError } from './database-error.js';

/** A client that can be told, when it is given back, to be thrown away. */
export interface RawClient {
  query: PostgresPoolClient['query'];
  release(broken?: boolean): void;
}

/** A pool as `pg` has it. */
export interface RawPool {
  connect(): Promise<RawClient>;
  end(): Promise<void>;
}

/**
 * A pool whose every failure is said in our words, once for all queries, and which throws away a connection that broke.
 *
 * @param where names the database in messages
 */
export function translatingPool(pool: RawPool, where: string): PostgresPool {
  return {
    connect: async () => {
      try {
        return new TranslatingClient(await pool.connect(), where);
      } catch (error) {
        throw translateDatabaseError(error, where);
      }
    },
    end: () => pool.end(),
  };
}

class TranslatingClient implements PostgresPoolClient {
  #broken = false;

  constructor(
    private readonly client: RawClient,
    private readonly where: string,
  ) {}

  query: PostgresPoolClient['query'] = (async (sql: string, parameters: readonly unknown[]) => {
    try {
      return await this.client.query(sql, parameters);
    } catch (error) {
      this.#broken ||= isConnectionLost(error);
      throw translateDatabaseError(error, this.where);
    }
  }) as PostgresPoolClient['query'];

  release(): void {
    this.client.release(this.#broken);
  }
}
