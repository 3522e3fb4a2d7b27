import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import type { TaskKind } from '@palimpsest/contracts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metricDefinitions, type MetricDefinition, type MetricName } from './metric-definitions.js';
import type { StoreCall } from './store-calls.js';
import { within } from './within.js';

type Definitions = typeof metricDefinitions;
type OfType<T> = { [N in MetricName]: Definitions[N]['type'] extends T ? N : never }[MetricName];
/** One value for each label of a metric. */
export type LabelsOf<N extends MetricName> = Record<Definitions[N]['labels'][number], string>;

/** How long a scrape waits for numbers that must be asked for. */
const COLLECT_MS = 2000;
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** The numbers of this process, for Prometheus to fetch. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #metrics: ReadonlyMap<string, Counter | Gauge | Histogram>;
  readonly #collectors = new Map<string, () => Promise<unknown>>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    const entries = Object.entries(metricDefinitions) as [MetricName, MetricDefinition][];
    this.#metrics = new Map(entries.map(([name, each]) => [name, create(name, each, this.#registry)]));
    this.set('palimpsest_build_info', { version }, 1);
    this.set('palimpsest_memory_limit_bytes', {}, memoryLimit());
  }

  count<N extends OfType<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    (this.#metrics.get(name) as Pick<Counter, 'inc'>).inc(labels, by);
  }

  set<N extends OfType<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metrics.get(name) as Gauge).set(labels, value);
  }

  add<N extends OfType<'gauge'>>(name: N, labels: LabelsOf<N>, difference: number): void {
    (this.#metrics.get(name) as Gauge).inc(labels, difference);
  }

  /** All that a gauge tells from now on: what it told before and is not among them is gone. */
  replace<N extends OfType<'gauge'>>(name: N, samples: Iterable<[LabelsOf<N>, number]>): void {
    (this.#metrics.get(name) as Gauge).reset();
    for (const [labels, value] of samples) this.set(name, labels, value);
  }

  observe<N extends OfType<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metrics.get(name) as Histogram).observe(labels, value);
  }

  /** A task's worker fell silent. */
  leaseLost(kind: TaskKind): void {
    this.count('palimpsest_lease_losses_total', { kind });
  }

  /** A call to the store is over. */
  readonly storeCall = ({ operation, seconds, bytes, code }: StoreCall): void => {
    this.observe('palimpsest_store_seconds', { operation }, seconds);
    if (bytes > 0) this.count('palimpsest_store_bytes_total', { operation }, bytes);
    if (code !== undefined) this.count('palimpsest_store_failures_total', { operation, code });
  };

  /** Asks for numbers at every scrape. One that fails, or takes longer than two seconds, is left out and counted. */
  onScrape(collector: string, collect: () => unknown): void {
    this.#collectors.set(collector, oneAtATime(collect));
  }

  /** Everything, in Prometheus' text format; never rejects for want of a number. */
  async text(): Promise<string> {
    const asked = [...this.#collectors].map(async ([collector, collect]) => {
      try {
        await within(COLLECT_MS, collector, collect);
      } catch {
        this.count('palimpsest_scrape_failures_total', { collector });
      }
    });
    await Promise.all(asked);
    return this.#registry.metrics();
  }
}

function create(
  name: string,
  { type, about, labels, buckets = [] }: MetricDefinition,
  registry: Registry,
): Counter | Gauge | Histogram {
  const common = { name, help: about, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...buckets] });
  }
}

/** A slow answer is waited for by the scrapes that follow, not asked for again. */
function oneAtATime(collect: () => unknown): () => Promise<unknown> {
  let running: Promise<unknown> | undefined;
  return () =>
    (running ??= Promise.resolve()
      .then(collect)
      .finally(() => (running = undefined)));
}

function memoryLimit(): number {
  const limit = process.constrainedMemory();
  // Where there is none, systems say 0 or a number beyond all memory.
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
