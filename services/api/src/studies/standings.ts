import type { NodeStatus } from './progress.js';

/** Where a node stands, and the task that it became. */
export interface Standing {
  status: NodeStatus;
  taskId: string | null;
}

/** Of every node of a study, by key. */
export type StudyStanding = Map<string, Standing>;

/**
 * Where the nodes of running studies stand, as this process last wrote it, so that it is not read anew for each event.
 * Good while the study's revision is the one it was written with: another process may have gone on since.
 */
export class Standings {
  readonly #kept = new Map<string, { revision: number; standing: StudyStanding }>();

  /** Takes it out: whoever changes it puts it back once the change is committed. */
  take(id: string, revision: number): StudyStanding | undefined {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    return kept?.revision === revision ? kept.standing : undefined;
  }

  put(id: string, revision: number, standing: StudyStanding): void {
    this.#kept.set(id, { revision, standing });
  }
}
