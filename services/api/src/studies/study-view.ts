import { PlatformError, tasks, type TaskKind, type TaskOutput } from '@palimpsest/contracts';
import type { Selectable } from 'kysely';
import type { Database, NodesTable, StudiesTable, TasksTable } from '../database/schema.js';
import { remainingSeconds, type Timed } from './estimate.js';
import type { Plan } from '../plan/node.js';
import type { NodeStatus, StudyStatus } from './progress.js';
import { Plans } from './plans.js';
import { noStudy } from './studies.service.js';

/** A node as people see it: `running` is a ready one on which somebody works. */
export type NodeState = NodeStatus | 'running';

/** A study in a list. */
export interface StudySummary {
  id: string;
  name: string;
  status: StudyStatus;
  /** How often it was submitted again. */
  look: number;
  createdAt: string;
  finishedAt: string | null;
}

/** A study with where it stands. */
export interface StudyView extends StudySummary {
  /** Of each kind of task, how many are in which state. */
  counts: Partial<Record<TaskKind, Record<NodeState, number>>>;
  running: { key: string; done: number; message: string | null }[];
  /** Nodes whose own task failed, not those that fail with them. */
  failures: { key: string; taskId: string; code: string; message: string }[];
  /** Seconds until it is done, as far as anyone can tell; null when it does not run. */
  etaSeconds: number | null;
}

/** A node with its task. */
export interface TaskView {
  key: string;
  kind: TaskKind;
  state: NodeState;
  deps: string[];
  taskId: string | null;
  attempt: number;
  done: number;
  message: string | null;
  error: { code: string; message: string } | null;
  seconds: number | null;
}

/** Studies as people see them. Reads only. */
export class StudyViews {
  readonly #plans = new Plans();

  constructor(private readonly db: Database) {}

  /** The newest first. */
  async list(): Promise<StudySummary[]> {
    const rows = await this.db.selectFrom('studies').selectAll().orderBy('created_at', 'desc').execute();
    return rows.map(summaryOf);
  }

  /** @throws PlatformError `not-found` */
  async get(id: string): Promise<StudyView> {
    const row = await this.#row(id);
    const views = await this.tasks(id);
    const { plan } = this.#plans.of(row);
    return { ...summaryOf(row), ...progressView(views), etaSeconds: etaOf(row.status, views, plan) };
  }

  /** In the order of the plan. @throws PlatformError `not-found` */
  async tasks(id: string): Promise<TaskView[]> {
    const { plan } = this.#plans.of(await this.#row(id));
    const rows = await this.db
      .selectFrom('nodes')
      .leftJoin('tasks', 'tasks.id', 'nodes.task_id')
      .select(['nodes.key', 'nodes.status', 'nodes.task_id', 'tasks.status as task_status'])
      .select(['tasks.attempt', 'tasks.progress', 'tasks.message', 'tasks.error', 'tasks.seconds'])
      .where('nodes.study_id', '=', id)
      .execute();
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return plan.nodes.map(({ key, kind, deps }) => ({ key, kind, deps, ...standingOf(byKey.get(key)) }));
  }

  /** What the report of a study put out. @throws PlatformError `not-found` while there is none */
  async report(id: string): Promise<TaskOutput<'report'>> {
    await this.#row(id);
    const row = await this.db
      .selectFrom('nodes')
      .innerJoin('tasks', 'tasks.id', 'nodes.task_id')
      .select('tasks.output')
      .where('nodes.study_id', '=', id)
      .where('nodes.key', '=', 'report')
      .where('nodes.status', '=', 'done')
      .executeTakeFirst();
    if (!row) throw new PlatformError('not-found', `study ${id}: it has no report yet`);
    return tasks.report.output.parse(row.output);
  }

  async #row(id: string): Promise<Selectable<StudiesTable>> {
    const row = await this.db.selectFrom('studies').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw noStudy(id);
    return row;
  }
}

type Joined = Pick<Selectable<NodesTable>, 'status' | 'task_id'> & {
  [C in 'attempt' | 'progress' | 'message' | 'error' | 'seconds']: Selectable<TasksTable>[C] | null;
} & { task_status: TasksTable['status'] | null };

const waiting = {
  state: 'waiting',
  taskId: null,
  attempt: 0,
  done: 0,
  message: null,
  error: null,
  seconds: null,
} as const;

function standingOf(row: Joined | undefined): Omit<TaskView, 'key' | 'kind' | 'deps'> {
  if (!row) return waiting;
  const { status, task_id, task_status, attempt, progress, message, error, seconds } = row;
  const running = status === 'ready' && task_status === 'sent' && progress !== null;
  return {
    state: running ? 'running' : status,
    taskId: task_id,
    attempt: attempt ?? 0,
    done: status === 'done' ? 1 : (progress ?? 0),
    message,
    error,
    seconds,
  };
}

function summaryOf({
  id,
  name,
  status,
  look,
  created_at,
  finished_at,
}: Selectable<StudiesTable>): StudySummary {
  const finishedAt = finished_at?.toISOString() ?? null;
  return { id, name, status, look, createdAt: created_at.toISOString(), finishedAt };
}

function progressView(views: TaskView[]): Pick<StudyView, 'counts' | 'running' | 'failures'> {
  const counts: StudyView['counts'] = {};
  for (const { kind, state } of views) {
    const count = (counts[kind] ??= { waiting: 0, ready: 0, running: 0, done: 0, failed: 0 });
    count[state]++;
  }
  const running = views
    .filter(({ state }) => state === 'running')
    .map(({ key, done, message }) => ({ key, done, message }));
  const failures = views.flatMap(({ key, state, taskId, error }) =>
    state === 'failed' && taskId !== null && error ? [{ key, taskId, ...error }] : [],
  );
  return { counts, running, failures };
}

function etaOf(status: StudyStatus, views: TaskView[], plan: Plan): number | null {
  if (status !== 'running') return null;
  const timed = views.flatMap(({ key, state, done, seconds }): Timed[] => {
    const node = plan.byKey.get(key);
    return node
      ? [{ node, done: state === 'failed' ? 1 : done, seconds: state === 'done' ? seconds : null }]
      : [];
  });
  return remainingSeconds(timed, views.filter(({ state }) => state === 'running').length);
}
