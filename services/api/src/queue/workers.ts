import { tasks, type TaskKind, type WorkerSeen } from '@palimpsest/contracts';

/** A worker that has said nothing for so long is gone: five times what lies between two of its words. */
const patienceMs = 10_000;

/** Which processes take tasks, as they say themselves. Every `api` hears all of them. */
export class Workers {
  readonly #seen = new Map<string, { seen: WorkerSeen; atMs: number }>();

  /** @param nowMs a clock that nobody sets */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  heard(seen: WorkerSeen): void {
    if (seen.stopping) this.#seen.delete(seen.worker);
    else this.#seen.set(seen.worker, { seen, atMs: this.nowMs() });
  }

  /** Those that are alive. */
  list(): WorkerSeen[] {
    for (const [worker, { atMs }] of this.#seen) {
      if (this.nowMs() - atMs > patienceMs) this.#seen.delete(worker);
    }
    return [...this.#seen.values()].map(({ seen }) => seen);
  }

  /** How many tasks of a kind run at once in all of them that have our version of it; undefined when none does. */
  capacity(kind: TaskKind): number | undefined {
    const able = this.list()
      .flatMap(({ kinds }) => kinds)
      .filter((each) => each.kind === kind && each.version === tasks[kind].version);
    return able.length === 0 ? undefined : able.reduce((sum, { capacity }) => sum + capacity, 0);
  }
}
