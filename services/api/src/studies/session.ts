import { inTransaction, type Store } from '@palimpsest/platform';
import type { Selectable } from 'kysely';
import type { Database, StudiesTable, Trx } from '../database/schema.js';
import { advance, readStanding, readyAgain } from './advance.js';
import { Plans } from './plans.js';
import { Standings, type Standing, type StudyStanding } from './standings.js';

/** What sessions need from around them. */
export interface SessionPorts {
  db: Database;
  store: Store;
  maxAttempts: number;
  /** GPUs that each training asks for; none where left out. */
  gpusPerJob?: number;
  /** By the one clock that leases are judged by. */
  now: () => Promise<Date>;
}

/** A study whose row is locked, and where its nodes stand, changed or not. */
export interface OpenStudy {
  row: Selectable<StudiesTable>;
  standing: StudyStanding;
  /** Keys of the nodes that were changed. */
  changed: Set<string>;
}

/** Opens sessions, one after the other or at once. */
export class Sessions {
  readonly #plans: Plans;
  readonly #standings = new Standings();

  constructor(private readonly ports: SessionPorts) {
    this.#plans = new Plans(ports.gpusPerJob);
  }

  /** Runs in one transaction. What it throws undoes everything. */
  async run<T>(action: (session: Session) => Promise<T>): Promise<T> {
    const now = await this.ports.now();
    const { db } = this.ports;
    const [result, session] = await inTransaction(db, async (trx) => {
      const opened = new Session({ ...this.ports, trx, now, plans: this.#plans, standings: this.#standings });
      return [await action(opened), opened] as const;
    });
    session.committed();
    return result;
  }
}

/** Studies as one transaction changes them. */
export class Session {
  readonly trx: Trx;
  readonly now: Date;
  readonly #written: { id: string; revision: number; standing: StudyStanding }[] = [];

  constructor(
    private readonly parts: Omit<SessionPorts, 'now'> & {
      trx: Trx;
      now: Date;
      plans: Plans;
      standings: Standings;
    },
  ) {
    this.trx = parts.trx;
    this.now = parts.now;
  }

  /** @param row locked, of a study that runs */
  async open(row: Selectable<StudiesTable>): Promise<OpenStudy> {
    const kept = this.parts.standings.take(row.id, row.revision);
    return { row, standing: kept ?? (await readStanding(row.id, this.trx)), changed: new Set() };
  }

  /** Gives every node that is ready its task, and writes where the study stands. */
  async advance({ row, standing, changed }: OpenStudy): Promise<void> {
    const { plans } = this.parts;
    const { id } = row;
    const status = await advance({ id, ...plans.of(row) }, { standing, changed }, this.#ports);
    const revision = row.revision + 1;
    const ended = status === 'running' ? {} : { status, finished_at: this.now };
    await this.trx
      .updateTable('studies')
      .set({ revision, ...ended })
      .where('id', '=', id)
      .execute();
    if (status === 'running') this.#written.push({ id, revision, standing });
    else plans.forget(id);
  }

  /** Makes tasks ready that were done, failed or cancelled. */
  async readyAgain(taskIds: string[], studyId: string): Promise<void> {
    await readyAgain(taskIds, studyId, this.#ports);
  }

  committed(): void {
    for (const { id, revision, standing } of this.#written) this.parts.standings.put(id, revision, standing);
  }

  get #ports() {
    const { trx, store, now, maxAttempts } = this.parts;
    return { trx, store, now, maxAttempts };
  }
}

/** Sets where the nodes that are of one of some tasks stand, those of them that stand at `from`. */
export function setNodes(
  { standing, changed }: OpenStudy,
  of: { tasks: ReadonlySet<string>; from: Standing['status'][] },
  to: (at: Standing) => Standing,
): void {
  for (const [key, at] of standing) {
    if (at.taskId === null || !of.tasks.has(at.taskId) || !of.from.includes(at.status)) continue;
    standing.set(key, to(at));
    changed.add(key);
  }
}
