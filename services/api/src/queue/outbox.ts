import type { Finished, Message, TaskKind, Topic } from '@palimpsest/contracts';
import { sql, type Selectable } from 'kysely';
import type { Database, TasksTable } from '../database/schema.js';
import { claim, countOut } from './claim.js';
import { waitAfter } from './settle.js';

/** What an outbox needs from around it. */
export interface OutboxPorts {
  db: Database;
  publish: <T extends Topic>(topic: T, message: Message<T>) => Promise<void>;
  /** Runs the sending of a task as part of its study's trace. */
  traced: (
    task: { studyId: string; taskId: string; kind: TaskKind; attempt: number },
    send: () => Promise<void>,
  ) => Promise<void>;
  /** Whether a message survives the death of this process. */
  durable: boolean;
  leaseMs: number;
  /** By the one clock that leases are judged by. */
  now: () => Promise<Date>;
  /** How many tasks of a kind the workers run at once; undefined while none is known. */
  capacity: (kind: TaskKind) => number | undefined;
}

type Row = Selectable<TasksTable>;

const batch = 100;
/** How many of a kind are sent for workers that are yet to come. */
const sentAhead = 12;
/** A request that nobody took for so long, while somebody could, stands behind one who is busy, or is lost. */
const stuckMs = 5000;
const longestStuckMs = 60_000;

/**
 * Sends tasks that are ready, and sends again those whose worker fell silent. What is sent can no longer be overtaken,
 * so no more is out than twice what the workers can do at once: what comes next is decided late.
 */
export class Outbox {
  constructor(private readonly ports: OutboxPorts) {}

  /** Puts back what was sent but cannot have survived: all of it, when messages live in the process that ended. */
  async recover(): Promise<void> {
    if (this.ports.durable) return;
    const next_at = await this.ports.now();
    await this.ports.db
      .updateTable('tasks')
      .set({ status: 'ready', progress: null, message: null, lease_until: null, next_at })
      .where('status', '=', 'sent')
      .execute();
  }

  /** Sends everything that is ready by now and that there is room for. @returns how many tasks */
  async dispatch(): Promise<number> {
    const { db, leaseMs } = this.ports;
    const room = (kind: TaskKind, sent: number) => this.#mostOut(kind) - sent;
    let sent = 0;
    for (;;) {
      const rows = await claim(db, { room, leaseMs, now: await this.ports.now(), most: batch });
      await this.#sendAll(rows);
      sent += rows.length;
      if (rows.length < batch) return sent;
    }
  }

  /**
   * Finds tasks whose lease ran out.
   *
   * @returns what their workers would have said: that this attempt was interrupted
   */
  async sweep(): Promise<(Finished & { kind: TaskKind })[]> {
    const now = await this.ports.now();
    const silent = await this.ports.db
      .selectFrom('tasks')
      .select(['id', 'kind', 'attempt'])
      .where('status', '=', 'sent')
      .where('progress', 'is not', null)
      .where('lease_until', '<=', now)
      .execute();
    return silent.map(({ id, kind, attempt }) => {
      const message = `its worker fell silent in attempt ${attempt}`;
      const outcome = { ok: false, code: 'unavailable', message, retry: true, interrupted: true } as const;
      return { taskId: id, kind, attempt, seconds: null, outcome };
    });
  }

  /**
   * Readies anew what waits while somebody has nothing to do: as many as could be begun at once, each under a new
   * number, as the request that is out already may come too.
   */
  async sendElsewhere(): Promise<void> {
    const now = await this.ports.now();
    for (const [kind, { sent, begun }] of await countOut(this.ports.db)) {
      const idle = Math.min(sent, this.ports.capacity(kind) ?? 0) - begun;
      if (idle <= 0) continue;
      const waited = sql<number>`least(${longestStuckMs}, ${stuckMs} * power(2, attempt - 1))`;
      const rows = await this.ports.db
        .selectFrom('tasks')
        .select(['id', 'attempt', 'last_attempt'])
        .where('status', '=', 'sent')
        .where('kind', '=', kind)
        .where('progress', 'is', null)
        .where(sql<boolean>`sent_at + ${waited} * interval '1 millisecond' <= ${now}`)
        .orderBy('number')
        .limit(idle)
        .execute();
      for (const row of rows) await this.#putBack(row, { next_at: now, last_attempt: row.last_attempt + 1 });
    }
  }

  #mostOut(kind: TaskKind): number {
    const capacity = this.ports.capacity(kind);
    return capacity === undefined ? sentAhead : 2 * capacity;
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

  async #send({ id, kind, version, input, attempt, needs, gang, study_id }: Row): Promise<void> {
    const request = {
      ...{ taskId: id, studyId: study_id, kind, version, attempt, needs, input },
      ...(gang !== null && { gang }),
    };
    await this.ports.traced({ taskId: id, studyId: study_id, kind, attempt }, () =>
      this.ports.publish(`${kind}.requested`, request as Message<`${TaskKind}.requested`>),
    );
  }

  /** The broker could not be reached: that is no attempt of the task. */
  async #unsend({ id, attempt }: Row): Promise<void> {
    const next_at = new Date((await this.ports.now()).getTime() + waitAfter(attempt));
    await this.#putBack({ id, attempt }, { next_at, attempt: attempt - 1 });
  }

  async #putBack(
    { id, attempt }: Pick<Row, 'id' | 'attempt'>,
    change: Partial<Pick<Row, 'next_at' | 'attempt' | 'last_attempt'>>,
  ): Promise<void> {
    await this.ports.db
      .updateTable('tasks')
      .set({ status: 'ready', lease_until: null, ...change })
      .where('id', '=', id)
      .where('status', '=', 'sent')
      .where('attempt', '=', attempt)
      .where('progress', 'is', null)
      .execute();
  }
}
