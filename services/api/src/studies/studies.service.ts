import { createHash } from 'node:crypto';
import { PlatformError, type Finished, type Progressed, type Study } from '@palimpsest/contracts';
import { canonicalJson, storedOutput } from '@palimpsest/platform';
import { sql, type Selectable } from 'kysely';
import { Subject } from 'rxjs';
import { inChunks } from '../database/chunks.js';
import type { StudiesTable, TasksTable } from '../database/schema.js';
import { planStudy } from '../plan/plan.js';
import { settle, type Settled } from '../queue/settle.js';
import { abandonTasks } from './abandon.js';
import { lockStudy, lockTask } from './locks.js';
import { lostInputs } from './repair.js';
import { Sessions, setNodes, type OpenStudy, type Session, type SessionPorts } from './session.js';

/** What studies need from around them. */
export interface StudiesPorts extends SessionPorts {
  /** How often a task may lose its worker. */
  maxInterruptions: number;
  leaseMs: number;
  /**
   * Tells workers that nobody wants these tasks any more in attempts up to the given one. A request that they never
   * got must not be among them.
   */
  abandon: (taskIds: string[], attempt: number, superseded: boolean) => Promise<void>;
}

type Task = Selectable<TasksTable>;

/** Takes studies on, and drives them: the only place that decides what is next. */
export class Studies {
  /** Ids of studies as they change. */
  readonly changes = new Subject<string>();
  /** That some task may be ready to be sent. */
  readonly work = new Subject<void>();
  readonly #sessions: Sessions;

  constructor(private readonly ports: StudiesPorts) {
    this.#sessions = new Sessions(ports);
  }

  /**
   * Takes a study on. One that runs is joined; any other looks at its files anew and does what is not done yet.
   *
   * @param priority of two studies, the tasks of the one with the higher are sent first
   * @returns its id, the hash of all its settings
   */
  async submit(study: Study, priority = 0): Promise<string> {
    const id = studyId(study);
    await this.#sessions.run(async (session) => {
      const known = await lockStudy(id, session.trx);
      if (known?.status === 'running') {
        await session.trx.updateTable('studies').set({ priority }).where('id', '=', id).execute();
        return;
      }
      const look = known ? known.look + 1 : 0;
      const row = await restart({ id, study, look, priority }, session);
      await session.advance(await session.open(row));
    });
    this.changes.next(id);
    this.work.next();
    return id;
  }

  /** Stops a study. What it alone wanted is abandoned; what is done stays done. */
  async cancel(id: string): Promise<void> {
    const abandoned = await this.#sessions.run(async ({ trx, now: finished_at }) => {
      const study = await lockStudy(id, trx);
      if (!study) throw noStudy(id);
      if (study.status === 'cancelled') return [];
      if (study.status !== 'running')
        throw new PlatformError('conflict', `study ${id}: it has ${study.status} already`);
      const ended = { status: 'cancelled' as const, finished_at, revision: study.revision + 1 };
      await trx.updateTable('studies').set(ended).where('id', '=', id).execute();
      return abandonTasks(id, trx);
    });
    for (const attempt of new Set(abandoned.map((task) => task.attempt))) {
      const ids = abandoned.filter((task) => task.attempt === attempt).map((task) => task.id);
      await inChunks(ids, (chunk) => this.ports.abandon(chunk, attempt, false));
    }
    this.changes.next(id);
  }

  /** A task is alive. An attempt that was given up already is told to stop. */
  async progressed({ taskId, attempt, done, message }: Progressed): Promise<void> {
    const { db, now, leaseMs } = this.ports;
    const lease_until = new Date((await now()).getTime() + leaseMs);
    const { numUpdatedRows } = await db
      .updateTable('tasks')
      .set({ progress: done, message: message ?? null, lease_until })
      .where('id', '=', taskId)
      .where('attempt', '=', attempt)
      .where('status', '=', 'sent')
      .executeTakeFirst();
    if (numUpdatedRows > 0n) await this.#announce(taskId);
    else await this.#stopLate(taskId, attempt);
  }

  /** A task came to its end. Hearing it twice, or late, changes nothing. */
  async finished(told: Finished): Promise<void> {
    const verified = await this.#verified(told);
    if (!verified) return;
    const { finished, lost } = await lostInputs(verified, this.ports);
    const changed = await this.#sessions.run(async (session) => {
      const { task, studies } = await lockTask(finished.taskId, session.trx);
      const settled = task && settle(this.#attempted(task), finished);
      if (!settled) return [];
      const repairing = lost.size > 0 && task.interruptions < this.ports.maxInterruptions;
      await (repairing ? waitForInputs(task, finished, session) : write(task, settled, session));
      if (settled.status === 'ready') return [];
      for (const row of studies) {
        const study = await session.open(row);
        if (repairing) await repair(study, { taskId: task.id, lost }, session);
        else end(study, task.id, settled.status);
        await session.advance(study);
      }
      return studies.map(({ id }) => id);
    });
    if (changed.length === 0) await this.#announce(finished.taskId);
    for (const id of changed) this.changes.next(id);
    this.work.next();
  }

  /** What a worker says is a hint; what its task put out is read in the store. */
  async #verified(told: Finished): Promise<Finished | undefined> {
    const { db, store } = this.ports;
    const task = await db
      .selectFrom('tasks')
      .select(['id', 'kind', 'status'])
      .where('id', '=', told.taskId)
      .executeTakeFirst();
    if (!task || task.status === 'done') return undefined;
    if (!told.outcome.ok) return told;
    const stored = await storedOutput(task.kind, task.id, store);
    if (stored) return { ...told, outcome: { ok: true, output: stored.output } };
    const message = `${task.kind} ${task.id}: its worker said that it is done, but its output is not in the store`;
    return { ...told, outcome: { ok: false, code: 'unavailable', message, retry: true } };
  }

  #attempted({ kind, status, attempt, last_attempt: lastAttempt, interruptions }: Task) {
    const { maxInterruptions } = this.ports;
    return { kind, status, attempt, lastAttempt, interruptions, maxInterruptions };
  }

  /** A failure that is being waited out may have been told before the last progress: that is not late. */
  async #stopLate(taskId: string, attempt: number): Promise<void> {
    const task = await this.ports.db
      .selectFrom('tasks')
      .select(['attempt', 'status'])
      .where('id', '=', taskId)
      .executeTakeFirst();
    if (!task) return;
    const superseded = task.attempt > attempt && ['ready', 'sent'].includes(task.status);
    if (superseded || task.status !== 'ready') await this.ports.abandon([taskId], attempt, superseded);
  }

  async #announce(taskId: string): Promise<void> {
    const nodes = await this.ports.db
      .selectFrom('nodes')
      .select('study_id')
      .distinct()
      .where('task_id', '=', taskId)
      .execute();
    for (const { study_id } of nodes) this.changes.next(study_id);
  }
}

/** The id of a study: the hash of all its settings. */
export function studyId(study: Study): string {
  return createHash('sha256').update(canonicalJson(study)).digest('hex').slice(0, 32);
}

/** That there is no such study. */
export const noStudy = (id: string) =>
  new PlatformError('not-found', `study ${id}: there is none of this id`);

interface Submission {
  id: string;
  study: Study;
  look: number;
  priority: number;
}

async function restart(
  { id, study, look, priority }: Submission,
  { trx, now }: Session,
): Promise<Selectable<StudiesTable>> {
  const row = { ...{ name: study.name, spec: JSON.stringify(study), look, priority }, finished_at: null };
  const running = { ...row, status: 'running' as const };
  const restarted = await trx
    .insertInto('studies')
    .values({ id, ...running, created_at: now })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ ...running, revision: sql`studies.revision + 1` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  await trx.deleteFrom('nodes').where('study_id', '=', id).execute();
  const nodes = planStudy(study, { look }).nodes.map(({ key, kind, deps }) => ({
    ...{ study_id: id, key, kind, deps: JSON.stringify(deps) },
    ...{ task_id: null, status: 'waiting' as const },
  }));
  await inChunks(nodes, async (chunk) => {
    await trx.insertInto('nodes').values(chunk).execute();
  });
  return restarted;
}

async function write(task: Task, settled: Settled, { trx, now }: Session): Promise<void> {
  await trx
    .updateTable('tasks')
    .set({ ...changeOf(task, settled, now), lease_until: null })
    .where('id', '=', task.id)
    .execute();
}

function changeOf(task: Task, settled: Settled, now: Date) {
  const { status } = settled;
  if (status === 'done') {
    const { output, seconds } = settled;
    const made = { output: JSON.stringify(output), seconds: seconds ?? task.seconds };
    return { ...made, status, progress: 1, message: null, error: null };
  }
  const failed = { status, error: JSON.stringify(settled.error), progress: null };
  if (status === 'failed') return failed;
  const waiting = { ...failed, next_at: new Date(now.getTime() + settled.waitMs) };
  if (settled.free === undefined) return waiting;
  const interruptions = task.interruptions + (settled.free === 'interrupted' ? 1 : 0);
  return { ...waiting, interruptions, last_attempt: task.last_attempt + 1 };
}

/** The nodes of a task come to its end. */
function end(study: OpenStudy, taskId: string, status: 'done' | 'failed'): void {
  setNodes(study, { tasks: new Set([taskId]), from: ['ready'] }, () => ({ status, taskId }));
}

async function waitForInputs(task: Task, { outcome }: Finished, { trx }: Session): Promise<void> {
  const error = outcome.ok ? null : JSON.stringify({ code: outcome.code, message: outcome.message });
  const waiting = { status: 'cancelled' as const, error, progress: null, lease_until: null };
  await trx
    .updateTable('tasks')
    .set({ ...waiting, interruptions: task.interruptions + 1 })
    .where('id', '=', task.id)
    .execute();
}

/** A task whose input was damaged waits until the tasks that made it have made it again. */
async function repair(
  study: OpenStudy,
  { taskId, lost }: { taskId: string; lost: ReadonlySet<string> },
  session: Session,
): Promise<void> {
  setNodes(study, { tasks: new Set([taskId]), from: ['ready'] }, () => ({ status: 'waiting', taskId: null }));
  setNodes(study, { tasks: lost, from: ['done'] }, ({ taskId: id }) => ({ status: 'ready', taskId: id }));
  await session.readyAgain([...lost], study.row.id);
}
