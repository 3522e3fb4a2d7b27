import type { Bus } from '../bus/bus.js';
import type { Config } from '../config.js';
import type { Store } from '../store/store.js';
import type { TaskRegistry } from '../tasks/definitions.js';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';

/** What is looked at in every process. */
export interface PlatformParts {
  config: Pick<Config, 'CONCURRENCY'>;
  store: Store;
  bus: Bus;
  registry: TaskRegistry;
  health: Health;
  metrics: Metrics;
}

/** Says what every process must have to be ready, and what of it is asked for at every scrape. */
export function observePlatform({ config, store, bus, registry, health, metrics }: PlatformParts): void {
  health.check('broker', () => bus.ping());
  health.check('store', () => probe(store));
  metrics.onScrape('readiness', async () => {
    const { ready } = await health.readiness();
    metrics.set('palimpsest_ready', {}, ready ? 1 : 0);
  });
  metrics.onScrape('consumer lag', async () => {
    const lags = await bus.lag();
    metrics.replace(
      'palimpsest_consumer_lag',
      lags.map(({ topic, group, records }) => [{ topic, group }, records]),
    );
  });
  metrics.onScrape('capacity', () => {
    for (const kind of registry.kinds) {
      metrics.set('palimpsest_task_capacity', { kind }, config.CONCURRENCY);
      metrics.add('palimpsest_tasks_running', { kind }, 0);
    }
  });
}

/** Whether the store answers; that there is no such artifact is an answer. */
const probe = (store: Store) => store.has({ key: 'probe', sha256: '', bytes: 0 });
