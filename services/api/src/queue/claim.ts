import { taskKinds, type TaskKind } from '@palimpsest/contracts';
import { inTransaction } from '@palimpsest/platform';
import { sql, type Selectable } from 'kysely';
import type { Database, TasksTable, Trx } from '../database/schema.js';

/** What of each kind has been sent: how many tasks, and on how many of them somebody works. */
export type Out = Map<TaskKind, { sent: number; begun: number }>;

/** Two `api` processes that send at once would both fill the same room. The number has no meaning. */
const SENDING = 7_315_001;

export async function countOut(db: Database | Trx): Promise<Out> {
  const rows = await db
    .selectFrom('tasks')
    .select((eb) => [
      'kind',
      eb.fn.countAll<number>().as('sent'),
      eb.fn.count<number>('progress').as('begun'),
    ])
    .where('status', '=', 'sent')
    .groupBy('kind')
    .execute();
  return new Map(rows.map(({ kind, sent, begun }) => [kind, { sent, begun }]));
}

/**
 * Takes out of the outbox what is to be sent next, at most `room(kind)` of each kind: of studies of the highest
 * priority first; among equals in turn, those first of which the fewest are out; of one study in its own order.
 *
 * @param room how many more of a kind may be out, given how many are
 */
export function claim(
  db: Database,
  {
    room,
    now,
    leaseMs,
    most,
  }: { room: (kind: TaskKind, sent: number) => number; now: Date; leaseMs: number; most: number },
): Promise<Selectable<TasksTable>[]> {
  return inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(SENDING)})`.execute(trx);
    const out = await countOut(trx);
    const rooms = taskKinds
      .map((kind) => ({ kind, room: Math.min(most, room(kind, out.get(kind)?.sent ?? 0)) }))
      .filter((each) => each.room > 0);
    if (rooms.length === 0) return [];
    const ids = await nextInTurn(rooms, now, trx);
    if (ids.length === 0) return [];
    const rows = await trx
      .updateTable('tasks')
      .set({
        ...{ status: 'sent', attempt: sql<number>`attempt + 1`, sent_at: now },
        ...{ lease_until: new Date(now.getTime() + leaseMs), progress: null, message: null },
      })
      .where('id', 'in', ids)
      .returningAll()
      .execute();
    const order = new Map(ids.map((id, i) => [id, i]));
    return rows.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  });
}

/** The first of each study are looked up one by one: a study may have ten thousand ready, of which few are wanted. */
async function nextInTurn(rooms: { kind: TaskKind; room: number }[], now: Date, trx: Trx): Promise<string[]> {
  const values = sql.join(rooms.map(({ kind, room }) => sql`(${kind}, ${room}::integer)`));
  const { rows } = await sql<{ id: string }>`
    with rooms (kind, room) as (values ${values}),
    out as (select study_id, kind, count(*) as n from tasks where status = 'sent' group by study_id, kind),
    heads as (
      select head.id, head.number, rooms.kind, rooms.room, studies.priority,
        coalesce(out.n, 0) + row_number() over (partition by rooms.kind, studies.id order by head.number) as turn
      from studies cross join rooms
      cross join lateral (
        select id, number from tasks
        where status = 'ready' and study_id = studies.id and tasks.kind = rooms.kind and next_at <= ${now}
        order by number limit rooms.room
      ) as head
      left join out on out.study_id = studies.id and out.kind = rooms.kind
      where studies.status = 'running'
    ),
    ranked as (
      select *, row_number() over (partition by kind order by priority desc, turn, number) as place from heads
    )
    select id from ranked where place <= room order by priority desc, turn, number`.execute(trx);
  return rows.map(({ id }) => id);
}
