import { createHash } from 'node:crypto';
import { PlatformError, type Finished, type Progressed, type Study } from '@palimpsest/contracts';
import { canonicalJson, type Store } from '@palimpsest/platform';
import type { Selectable } from 'kysely';
import { Subject } from 'rxjs';
import { inChunks } from '../database/chunks.js';
import type { Database, StudiesTable, TasksTable, Trx } from '../database/schema.js';
import { planStudy } from '../plan/plan.js';
import { settle, type Settled } from '../queue/settle.js';
import { advance } from './advance.js';
import { Plans } from './plans.js';

/** What studies need from around them. */
export interface StudiesPorts {
  db: Database;
  store: Store;
  maxAttempts: number;
  leaseMs: number;
  now: () => Date;
  /** Tells workers that nobody wants these tasks any more. A request that they never got must not be among them. */
  abandon: (taskIds: string[]) => Promise<void>;
}

/** Takes studies on, and drives them: the only place that decides what is next. */
export class Studies {
  /** Ids of studies as they change. */
  readonly changes = new Subject<string>();
  /** That some task may be ready to be sent. */
  readonly work = new Subject<void>();
  readonly #plans = new Plans();

  constructor(private readonly ports: StudiesPorts) {}

  /**
   * Takes a study on. One that runs is joined; any other looks at its files anew and does what is not done yet.
   *
   * @returns its id, the hash of all its settings
   */
  async submit(study: Study): Promise<string> {
    const id = studyId(study);
    await this.ports.db.transaction().execute(async (trx) => {
      const known = await lockStudy(id, trx);
      if (known?.status === 'running') return;
      const look = known ? known.look + 1 : 0;
      await this.#restart({ id, study, look }, trx);
      await this.#advance(id, trx);
    });
    this.changes.next(id);
    this.work.next();
    return id;
  }

  /** Stops a study. What it alone wanted is abandoned; what is done stays done. */
  async cancel(id: string): Promise<void> {
    const abandoned = await this.ports.db.transaction().execute(async (trx) => {
      const study = await lockStudy(id, trx);
      if (!study) throw noStudy(id);
      if (study.status === 'cancelled') return [];
      if (study.status !== 'running')
        throw new PlatformError('conflict', `study ${id}: it has ${study.status} already`);
      await trx
        .updateTable('studies')
        .set({ status: 'cancelled', finished_at: this.ports.now() })
        .where('id', '=', id)
        .execute();
      return cancelTasks(id, trx);
    });
    if (abandoned.length > 0) await this.ports.abandon(abandoned);
    this.changes.next(id);
  }

  /** A task is alive. What an attempt says that was given up already is not heard. */
  async progressed({ taskId, attempt, done, message }: Progressed): Promise<void> {
    const { db, now, leaseMs } = this.ports;
    await db
      .updateTable('tasks')
      .set({ progress: done, message: message ?? null, lease_until: new Date(now().getTime() + leaseMs) })
      .where('id', '=', taskId)
      .where('attempt', '=', attempt)
      .where('status', '=', 'sent')
      .execute();
    await this.#announce(taskId);
  }

  /** A task came to its end. Hearing it twice, or late, changes nothing. */
  async finished(finished: Finished): Promise<void> {
    await this.ports.db.transaction().execute(async (trx) => {
      const task = await trx
        .selectFrom('tasks')
        .selectAll()
        .where('id', '=', finished.taskId)
        .forUpdate()
        .executeTakeFirst();
      const settled = task && settle({ ...task, lastAttempt: task.last_attempt }, finished);
      if (!settled) return;
      await this.#write(task, settled, trx);
      if (settled.status !== 'ready') await this.#nodesEnded(task.id, settled.status, trx);
    });
    await this.#announce(finished.taskId);
    this.work.next();
  }

  async #restart({ id, study, look }: { id: string; study: Study; look: number }, trx: Trx): Promise<void> {
    const row = {
      name: study.name,
      spec: JSON.stringify(study),
      status: 'running' as const,
      look,
      finished_at: null,
    };
    await trx
      .insertInto('studies')
      .values({ id, ...row, created_at: this.ports.now() })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    await trx.deleteFrom('nodes').where('study_id', '=', id).execute();
    const nodes = planStudy(study, { look }).nodes.map(({ key, kind, deps }) => {
      return {
        study_id: id,
        key,
        kind,
        deps: JSON.stringify(deps),
        task_id: null,
        status: 'waiting' as const,
      };
    });
    await inChunks(nodes, async (chunk) => {
      await trx.insertInto('nodes').values(chunk).execute();
    });
  }

  async #advance(id: string, trx: Trx): Promise<void> {
    const row = await lockStudy(id, trx);
    if (row?.status !== 'running') return;
    const { store, now, maxAttempts } = this.ports;
    const status = await advance({ id, ...this.#plans.of(row) }, { trx, store, now: now(), maxAttempts });
    if (status === 'running') return;
    this.#plans.forget(id);
    await trx.updateTable('studies').set({ status, finished_at: now() }).where('id', '=', id).execute();
  }

  async #write(task: Selectable<TasksTable>, settled: Settled, trx: Trx): Promise<void> {
    const change =
      settled.status === 'done'
        ? {
            ...{ status: settled.status, progress: 1, message: null, error: null },
            ...{ output: JSON.stringify(settled.output), seconds: settled.seconds ?? task.seconds },
          }
        : {
            ...{ status: settled.status, error: JSON.stringify(settled.error), progress: null },
            next_at: new Date(this.ports.now().getTime() + (settled.status === 'ready' ? settled.waitMs : 0)),
          };
    await trx
      .updateTable('tasks')
      .set({ ...change, lease_until: null })
      .where('id', '=', task.id)
      .execute();
  }

  async #nodesEnded(taskId: string, status: 'done' | 'failed', trx: Trx): Promise<void> {
    const nodes = await trx
      .updateTable('nodes')
      .set({ status })
      .where('task_id', '=', taskId)
      .where('status', '=', 'ready')
      .returning('study_id')
      .execute();
    const studies = [...new Set(nodes.map((node) => node.study_id))].sort();
    for (const id of studies) await this.#advance(id, trx);
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

function lockStudy(id: string, trx: Trx): Promise<Selectable<StudiesTable> | undefined> {
  return trx.selectFrom('studies').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Cancels what a study waits for and no other running study does. @returns ids of those that were sent already */
async function cancelTasks(studyId: string, trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('tasks')
    .select(['tasks.id', 'tasks.status'])
    .where('tasks.status', 'in', ['ready', 'sent'])
    .where((eb) => {
      const wanting = eb
        .selectFrom('nodes')
        .innerJoin('studies', 'studies.id', 'nodes.study_id')
        .select('studies.id')
        .whereRef('nodes.task_id', '=', 'tasks.id');
      const running = wanting.where('studies.status', '=', 'running');
      return eb.and([eb.exists(wanting.where('studies.id', '=', studyId)), eb.not(eb.exists(running))]);
    })
    .forUpdate()
    .execute();
  const ids = rows.map((row) => row.id);
  await inChunks(ids, async (chunk) => {
    const cancelled = { status: 'cancelled' as const, lease_until: null };
    await trx.updateTable('tasks').set(cancelled).where('id', 'in', chunk).execute();
  });
  return rows.filter((row) => row.status === 'sent').map((row) => row.id);
}
