import { tasks, type Study } from '@palimpsest/contracts';
import { storedOutput, taskId, type Store } from '@palimpsest/platform';
import { sql, type Selectable } from 'kysely';
import { inChunks } from '../database/chunks.js';
import type { TasksTable, Trx } from '../database/schema.js';
import { Outputs, type Plan, type PlanNode } from '../plan/node.js';
import { progressOf, type Progress } from './progress.js';
import { studyResults, type FinishedTask } from './results.js';
import type { Standing, StudyStanding } from './standings.js';

/** A study with its plan. */
export interface PlannedStudy {
  id: string;
  study: Study;
  plan: Plan;
}

export interface AdvancePorts {
  trx: Trx;
  store: Store;
  now: Date;
  /** How often a task is tried before it fails. */
  maxAttempts: number;
}

/** A node that is ready, and the task that it is. */
interface Wanted {
  node: PlanNode;
  id: string;
  input: unknown;
}

/**
 * Gives every node that is ready its task, again and again while there are some whose task was done before, and writes
 * where they stand. The caller holds the study's row.
 *
 * @param standing of all nodes, which is changed
 * @param changed keys of those that the caller has changed in it since it was last advanced; none for a study that begins
 * @returns where the study stands then
 */
export async function advance(
  planned: PlannedStudy,
  { standing, changed }: { standing: StudyStanding; changed: Set<string> },
  ports: AdvancePorts,
): Promise<Progress['status']> {
  const set = (key: string, to: Standing) => {
    standing.set(key, to);
    changed.add(key);
  };
  let since = changed.size > 0 ? [...changed] : undefined;
  for (;;) {
    const { ready, lost, status } = progressOf(planned.plan, standing, since);
    for (const node of lost) set(node.key, { status: 'failed', taskId: null });
    if (ready.length === 0) {
      await writeStanding(planned, standing, { keys: changed, trx: ports.trx });
      return status;
    }
    const wanted = await wantedTasks(planned, { ready, standing }, ports);
    const done = await linkTasks(planned.id, wanted, ports);
    since = ready.map(({ key }) => key);
    for (const { node, id } of wanted) set(node.key, { status: done.has(id) ? 'done' : 'ready', taskId: id });
  }
}

async function wantedTasks(
  planned: PlannedStudy,
  { ready, standing }: { ready: PlanNode[]; standing: ReadonlyMap<string, Standing> },
  { trx, store }: AdvancePorts,
): Promise<Wanted[]> {
  const finished = await readFinished(new Set(ready.flatMap((node) => node.deps)), standing, trx);
  const outputs = new Outputs(new Map([...finished].map(([key, { output }]) => [key, output])));
  const wanted: Wanted[] = [];
  for (const node of ready) {
    const input =
      node.kind === 'report'
        ? {
            results: await store.putJson(
              'results',
              studyResults({ ...planned, studyId: planned.id }, finished),
            ),
          }
        : node.resolve(outputs);
    wanted.push({ node, id: taskId(node.kind, input), input });
  }
  return wanted;
}

/**
 * Makes the tasks that nobody has asked for yet, and tries again those that failed. What is known already has from now
 * on the needs and the gang that this study would give it.
 *
 * @returns ids of those done before
 */
async function linkTasks(studyId: string, wanted: Wanted[], ports: AdvancePorts): Promise<Set<string>> {
  const { trx, now, maxAttempts } = ports;
  const rows = wanted.map(({ node, id, input }) => ({
    ...{ id, kind: node.kind, version: tasks[node.kind].version, study_id: studyId },
    ...{ input: JSON.stringify(input), needs: JSON.stringify(node.needs), gang: gangOf(studyId, node) },
    ...{ status: 'ready' as const, attempt: 0, last_attempt: maxAttempts, next_at: now },
  }));
  await inChunks(rows, async (chunk) => {
    await trx
      .insertInto('tasks')
      .values(chunk)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const done = new Set<string>();
  const again: string[] = [];
  for (const [id, { kind, status, ...known }] of await lockTasks([...byId.keys()], trx)) {
    const { needs, gang } = byId.get(id) as (typeof rows)[number];
    if (JSON.stringify(known.needs) !== needs || known.gang !== gang)
      await trx.updateTable('tasks').set({ needs, gang }).where('id', '=', id).execute();
    // What was done long ago may have been deleted since.
    if (status === 'done' && (await storedOutput(kind, id, ports.store))) done.add(id);
    else if (status !== 'ready' && status !== 'sent') again.push(id);
  }
  await inChunks(again, (chunk) => readyAgain(chunk, studyId, ports));
  return done;
}

/** Trainings of a study that differ in their fold alone. */
function gangOf(studyId: string, { about }: PlanNode): string | null {
  if (about.kind !== 'train') return null;
  const { target, source, strategy, shots = 'all', seed = 0 } = about;
  return [studyId, target, source, strategy, shots, seed].join('/');
}

/** Makes tasks ready that were done, failed or cancelled, on the account of a study that wants them now. */
export async function readyAgain(
  ids: string[],
  study_id: string,
  { trx, now, maxAttempts }: Omit<AdvancePorts, 'store'>,
): Promise<void> {
  await trx
    .updateTable('tasks')
    .set({
      ...{ status: 'ready', next_at: now, lease_until: null, progress: null, message: null, error: null },
      ...{ study_id, last_attempt: sql<number>`attempt + ${maxAttempts}::integer` },
    })
    .where('id', 'in', ids)
    .where('status', 'not in', ['ready', 'sent'])
    .execute();
}

type KnownTask = Pick<Selectable<TasksTable>, 'kind' | 'status' | 'needs' | 'gang'>;

/** Whoever ends one of them meanwhile waits until this study has its nodes, and then finds them. */
async function lockTasks(ids: string[], trx: Trx): Promise<Map<string, KnownTask>> {
  const found = new Map<string, KnownTask>();
  await inChunks(ids, async (chunk) => {
    const rows = await trx
      .selectFrom('tasks')
      .select(['id', 'kind', 'status', 'needs', 'gang'])
      .where('id', 'in', chunk)
      .orderBy('id')
      .forUpdate()
      .execute();
    for (const { id, ...known } of rows) found.set(id, known);
  });
  return found;
}

/** Where the nodes of a study stand. */
export async function readStanding(studyId: string, trx: Trx): Promise<StudyStanding> {
  const rows = await trx
    .selectFrom('nodes')
    .select(['key', 'status', 'task_id'])
    .where('study_id', '=', studyId)
    .execute();
  return new Map(rows.map(({ key, status, task_id }) => [key, { status, taskId: task_id }]));
}

async function readFinished(
  keys: ReadonlySet<string>,
  standing: ReadonlyMap<string, Standing>,
  trx: Trx,
): Promise<Map<string, FinishedTask>> {
  const ids = [...keys].flatMap((key) => standing.get(key)?.taskId ?? []);
  const byId = new Map<string, FinishedTask>();
  await inChunks([...new Set(ids)], async (chunk) => {
    const rows = await trx.selectFrom('tasks').select(['id', 'output']).where('id', 'in', chunk).execute();
    for (const { id, output } of rows) byId.set(id, { taskId: id, output });
  });
  const entries = [...keys].flatMap((key) => {
    const task = byId.get(standing.get(key)?.taskId ?? '');
    return task ? [[key, task] as const] : [];
  });
  return new Map(entries);
}

async function writeStanding(
  { id, plan }: PlannedStudy,
  standing: ReadonlyMap<string, Standing>,
  { keys, trx }: { keys: ReadonlySet<string>; trx: Trx },
): Promise<void> {
  const rows = [...keys].flatMap((key) => {
    const node = plan.byKey.get(key);
    if (!node) return [];
    const { status = 'waiting', taskId: task_id = null } = standing.get(key) ?? {};
    return [{ study_id: id, key, kind: node.kind, deps: JSON.stringify(node.deps), status, task_id }];
  });
  await inChunks(rows, async (chunk) => {
    await trx
      .insertInto('nodes')
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(['study_id', 'key'])
          .doUpdateSet((eb) => ({ status: eb.ref('excluded.status'), task_id: eb.ref('excluded.task_id') })),
      )
      .execute();
  });
}
