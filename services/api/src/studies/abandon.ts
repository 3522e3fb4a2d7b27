import { sql } from 'kysely';
import { inChunks } from '../database/chunks.js';
import type { Trx } from '../database/schema.js';

/**
 * Cancels what a study waits for and no other running study does; what another does is on its account from now on.
 *
 * @returns those that were sent already, and in which attempt
 */
export async function abandonTasks(studyId: string, trx: Trx): Promise<{ id: string; attempt: number }[]> {
  const { rows } = await sql<{ id: string; attempt: number; status: 'ready' | 'sent'; heir: string | null }>`
    select tasks.id, tasks.attempt, tasks.status, (
      select min(studies.id) from nodes join studies on studies.id = nodes.study_id
      where nodes.task_id = tasks.id and studies.status = 'running' and studies.id <> ${studyId}
    ) as heir
    from tasks
    where tasks.status in ('ready', 'sent')
      and exists (select 1 from nodes where nodes.task_id = tasks.id and nodes.study_id = ${studyId})
    order by tasks.id
    for update of tasks`.execute(trx);
  const unwanted = rows.filter(({ heir }) => heir === null);
  await inChunks(
    unwanted.map(({ id }) => id),
    async (chunk) => {
      const cancelled = { status: 'cancelled' as const, lease_until: null };
      await trx.updateTable('tasks').set(cancelled).where('id', 'in', chunk).execute();
    },
  );
  for (const { id, heir } of rows) {
    if (heir !== null) await trx.updateTable('tasks').set({ study_id: heir }).where('id', '=', id).execute();
  }
  return unwanted.filter(({ status }) => status === 'sent');
}
