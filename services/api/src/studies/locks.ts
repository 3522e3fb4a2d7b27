import { PlatformError } from '@palimpsest/contracts';
import type { Selectable } from 'kysely';
import type { StudiesTable, TasksTable, Trx } from '../database/schema.js';

// Whoever changes both locks studies before tasks, each in the order of their ids, so that nobody waits in a circle.

export function lockStudy(id: string, trx: Trx): Promise<Selectable<StudiesTable> | undefined> {
  return trx.selectFrom('studies').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks a task and the running studies that want it. */
export async function lockTask(
  id: string,
  trx: Trx,
): Promise<{ task: Selectable<TasksTable> | undefined; studies: Selectable<StudiesTable>[] }> {
  const studies = await trx
    .selectFrom('studies')
    .selectAll()
    .where('status', '=', 'running')
    .where('id', 'in', await studiesOf(id, trx))
    .orderBy('id')
    .forUpdate()
    .execute();
  const task = await trx.selectFrom('tasks').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  const held = new Set(studies.map((study) => study.id));
  const since = await trx
    .selectFrom('studies')
    .select('id')
    .where('status', '=', 'running')
    .where('id', 'in', await studiesOf(id, trx))
    .execute();
  if (since.every((study) => held.has(study.id))) return { task, studies };
  throw new PlatformError('unavailable', `task ${id}: another study has asked for it just now`);
}

/** Never empty: SQL knows no empty list. */
async function studiesOf(taskId: string, trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('nodes')
    .select('study_id')
    .distinct()
    .where('task_id', '=', taskId)
    .execute();
  return ['', ...rows.map((row) => row.study_id)];
}
