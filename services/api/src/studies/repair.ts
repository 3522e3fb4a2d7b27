import type { Finished } from '@palimpsest/contracts';
import { storedOutput, type Store } from '@palimpsest/platform';
import type { Database } from '../database/schema.js';

const CODES = ['corrupt', 'not-found'];

/**
 * Why a task could not read its input: the tasks before it whose output is no longer in the store as they left it.
 * Whoever reads something damaged sets it aside, so it is missing by then; unless it has been made again since, for
 * another task that needs it: then this one is worth another attempt.
 *
 * @returns their ids, none for a task that ended well or failed for another reason; and its end, as it is to be taken
 */
export async function lostInputs(
  finished: Finished,
  { db, store }: { db: Database; store: Store },
): Promise<{ finished: Finished; lost: ReadonlySet<string> }> {
  const { taskId, outcome } = finished;
  const lost = new Set<string>();
  if (outcome.ok || !CODES.includes(outcome.code)) return { finished, lost };
  const before = await tasksBefore(taskId, db);
  for (const { id, kind } of before) {
    if (!(await storedOutput(kind, id, store))) lost.add(id);
  }
  const whole = before.length > 0 && lost.size === 0;
  return { finished: whole ? { ...finished, outcome: { ...outcome, retry: true } } : finished, lost };
}

async function tasksBefore(taskId: string, db: Database) {
  const nodes = await db
    .selectFrom('nodes')
    .innerJoin('studies', 'studies.id', 'nodes.study_id')
    .select(['nodes.study_id', 'nodes.deps'])
    .where('nodes.task_id', '=', taskId)
    .where('studies.status', '=', 'running')
    .execute();
  const [first] = nodes;
  if (!first) return [];
  const keys = new Set(first.deps);
  const before = await db
    .selectFrom('nodes')
    .innerJoin('tasks', 'tasks.id', 'nodes.task_id')
    .select(['nodes.key', 'tasks.id', 'tasks.kind'])
    .where('nodes.study_id', '=', first.study_id)
    .execute();
  return before.filter(({ key }) => keys.has(key));
}
