import { taskKinds } from '@palimpsest/contracts';
import type { Metrics } from '@palimpsest/platform';
import type { Database } from '../database/schema.js';

/** Tells, at every scrape, what the database knows of studies and tasks. Two processes on it tell the same. */
export class QueueMetrics {
  constructor(
    private readonly db: Database,
    private readonly metrics: Metrics,
    private readonly now: () => Date,
  ) {}

  /** Asks at every scrape from now on. */
  start(): void {
    // Told before the first, so that the first is seen as an increase.
    for (const kind of taskKinds) this.metrics.count('palimpsest_lease_losses_total', { kind }, 0);
    this.metrics.onScrape('queue', () => this.#tasks());
    this.metrics.onScrape('queue age', () => this.#age());
    this.metrics.onScrape('studies', () => this.#studies());
  }

  async #tasks(): Promise<void> {
    const rows = await this.db
      .selectFrom('tasks')
      .select(({ fn }) => ['kind', 'status', fn.countAll<string>().as('count')])
      .groupBy(['kind', 'status'])
      .execute();
    this.metrics.replace(
      'palimpsest_queue_tasks',
      rows.map(({ kind, status, count }) => [{ kind, status }, Number(count)]),
    );
  }

  /** Since it could have been sent: waiting for a retry that is not due yet is as it should be. */
  async #age(): Promise<void> {
    const now = this.now();
    const rows = await this.db
      .selectFrom('tasks')
      .select(({ fn }) => ['kind', fn.min('next_at').as('since')])
      .where('status', '=', 'ready')
      .where('next_at', '<=', now)
      .groupBy('kind')
      .execute();
    const since = new Map(rows.map((row) => [row.kind, row.since]));
    for (const kind of taskKinds) {
      const seconds = (now.getTime() - (since.get(kind) ?? now).getTime()) / 1000;
      this.metrics.set('palimpsest_queue_age_seconds', { kind }, seconds);
    }
  }

  async #studies(): Promise<void> {
    const rows = await this.db
      .selectFrom('studies')
      .select(({ fn }) => ['status', fn.countAll<string>().as('count')])
      .groupBy('status')
      .execute();
    this.metrics.replace(
      'palimpsest_studies',
      rows.map(({ status, count }) => [{ status }, Number(count)]),
    );
  }
}
