import type { Finished, Message, TaskKind, Topic } from '@palimpsest/contracts';
import { sql, type Selectable } from 'kysely';
import type { Database, TasksTable } from '../database/schema.js';
import { waitAfter } from './settle.js';

/** What an outbox needs from around it. */
export interface OutboxPorts {
  db: Database;
  publish: <T extends Topic>(topic: T, message: Message<T>) => Promise<void>;
  /** Whether a message survives the death of this process. */
  durable: boolean;
  leaseMs: number;
  now: () => Date;
}

type Row = Selectable<TasksTable>;

const batch = 100;

/** Sends tasks that are ready, and sends again those whose worker fell silent. */
export class Outbox {
  constructor(private readonly ports: OutboxPorts) {}

  /** Puts back what was sent but cannot have survived: all of it, when messages live in the process that ended. */
  async recover(): Promise<void> {
    if (this.ports.durable) return;
    await this.ports.db
      .updateTable('tasks')
      .set({ status: 'ready', progress: null, message: null, lease_until: null, next_at: this.ports.now() })
      .where('status', '=', 'sent')
      .execute();
  }

  /** Sends everything that is ready by now. @returns how many tasks */
  async dispatch(): Promise<number> {
    let sent = 0;
    for (;;) {
      const rows = await this.#claim();
      await this.#sendAll(rows);
      sent += rows.length;
      if (rows.length < batch) return sent;
    }
  }

  /**
   * Finds tasks whose lease ran out. One that nobody has begun may only stand in a long queue, so it is readied again
   * only when no other of its kind is being worked on, and without losing an attempt.
   *
   * @returns what their workers would have said of the others: that this attempt failed, and another may not
   */
  async sweep(): Promise<Finished[]> {
    const now = this.ports.now();
    const sent = await this.ports.db.selectFrom('tasks').selectAll().where('status', '=', 'sent').execute();
    const silent = sent.filter((row) => row.lease_until !== null && row.lease_until <= now);
    const alive = new Set(
      sent.filter((row) => row.progress !== null && !silent.includes(row)).map((row) => row.kind),
    );
    for (const row of silent) {
      if (row.progress === null && !alive.has(row.kind)) await this.#readyAgain(row);
    }
    return silent
      .filter((row) => row.progress !== null)
      .map(({ id, attempt }) => {
        const message = `its worker fell silent in attempt ${attempt}`;
        return {
          taskId: id,
          attempt,
          seconds: null,
          outcome: { ok: false, code: 'unavailable', message, retry: true },
        };
      });
  }

  async #claim(): Promise<Row[]> {
    const { db, now, leaseMs } = this.ports;
    const due = db
      .selectFrom('tasks')
      .select('id')
      .where('status', '=', 'ready')
      .where('next_at', '<=', now())
      .orderBy('number')
      .limit(batch)
      .forUpdate()
      .skipLocked();
    const rows = await db
      .updateTable('tasks')
      .set({
        status: 'sent',
        attempt: sql<number>`attempt + 1`,
        lease_until: new Date(now().getTime() + leaseMs),
        progress: null,
        message: null,
      })
      .where('id', 'in', due)
      .returningAll()
      .execute();
    return rows.sort((a, b) => a.number - b.number);
  }

  async #sendAll(rows: Row[]): Promise<void> {
    for (const [i, row] of rows.entries()) {
      try {
        await this.#send(row);
      } catch (error) {
        for (const unsent of rows.slice(i)) await this.#unsend(unsent);
        throw error;
      }
    }
  }

  async #send({ id, kind, version, input, attempt, needs, study_id }: Row): Promise<void> {
    const request = { taskId: id, studyId: study_id, kind, version, attempt, needs, input };
    await this.ports.publish(`${kind}.requested`, request as Message<`${TaskKind}.requested`>);
  }

  /** The broker could not be reached: that is no attempt of the task. */
  async #unsend({ id, attempt }: Row): Promise<void> {
    const next_at = new Date(this.ports.now().getTime() + waitAfter(attempt));
    await this.ports.db
      .updateTable('tasks')
      .set({ status: 'ready', attempt: attempt - 1, lease_until: null, next_at })
      .where('id', '=', id)
      .where('status', '=', 'sent')
      .where('attempt', '=', attempt)
      .execute();
  }

  async #readyAgain({ id, attempt, last_attempt }: Row): Promise<void> {
    await this.ports.db
      .updateTable('tasks')
      .set({ status: 'ready', lease_until: null, next_at: this.ports.now(), last_attempt: last_attempt + 1 })
      .where('id', '=', id)
      .where('status', '=', 'sent')
      .where('attempt', '=', attempt)
      .execute();
  }
}
