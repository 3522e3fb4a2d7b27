import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Tracing } from '@palimpsest/platform';
import type { Logger } from 'pino';
import { concatMap, type Observable, type Subscription } from 'rxjs';
import type { Database } from '../database/schema.js';

/** What it looks at. */
export interface StudyTracesPorts {
  db: Database;
  tracing: Tracing;
  log: Logger;
  /** Ids of studies as they change. */
  changes: Observable<string>;
}

/** Ends the trace of each study that comes to its end here: its root spans the study from submission to report. */
export class StudyTraces implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #running = new Set<string>();
  #watch: Subscription | undefined;

  constructor(private readonly ports: StudyTracesPorts) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.ports.tracing.on) return;
    this.#watch = this.ports.changes.pipe(concatMap((id) => this.#changed(id))).subscribe();
    const running = this.ports.db.selectFrom('studies').select('id').where('status', '=', 'running');
    for (const { id } of await running.execute()) this.#running.add(id);
  }

  beforeApplicationShutdown(): void {
    this.#watch?.unsubscribe();
  }

  async #changed(id: string): Promise<void> {
    const { db, tracing, log } = this.ports;
    try {
      const columns = ['name', 'status', 'look', 'created_at', 'finished_at'] as const;
      const study = await db.selectFrom('studies').select(columns).where('id', '=', id).executeTakeFirst();
      if (study?.status === 'running') this.#running.add(id);
      // What changes after the end, such as a task that another study waits for, ends it no second time.
      if (!study?.finished_at || !this.#running.delete(id)) return;
      const { status, look, created_at: start, finished_at: end } = study;
      tracing.study(id, {
        ...{ start, end, attributes: { studyId: id, status, look } },
        ...(status !== 'finished' && { failure: `the study has ${status}` }),
      });
    } catch (error) {
      log.warn({ studyId: id, err: error }, 'could not end the trace of a study');
    }
  }
}
