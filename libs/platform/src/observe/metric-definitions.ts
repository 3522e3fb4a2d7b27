/** What one metric tells. Units are in its name, as Prometheus asks: seconds, bytes, `_total` for what only grows. */
export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  about: string;
  labels: readonly string[];
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[];
}

/** From a result that is found again, in milliseconds, to a training of most of a day. */
const taskBuckets = [0.01, 0.1, 1, 10, 60, 300, 900, 3600, 14_400, 43_200];
const callBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/**
 * Every metric of this program; the page of metrics is made from it. A process fills in those of the services in it:
 * those that begin with `queue_` and `studies` come from the database, so only `api` has them.
 */
export const metricDefinitions = {
  palimpsest_build_info: {
    type: 'gauge',
    about: 'Always 1; the version of the program.',
    labels: ['version'],
  },
  palimpsest_ready: { type: 'gauge', about: '1 while `/readyz` says ready, else 0.', labels: [] },
  palimpsest_memory_limit_bytes: {
    type: 'gauge',
    about: 'Memory that this process may use: the limit of its container, else all of the machine.',
    labels: [],
  },
  palimpsest_task_seconds: {
    type: 'histogram',
    about:
      'Time from accepting a task to its end. `outcome`: done, found (its result was there), failed, retry or stopped.',
    labels: ['kind', 'outcome'],
    buckets: taskBuckets,
  },
  palimpsest_tasks_running: { type: 'gauge', about: 'Tasks that this process works on.', labels: ['kind'] },
  palimpsest_task_capacity: {
    type: 'gauge',
    about: 'Tasks that this process accepts at once.',
    labels: ['kind'],
  },
  palimpsest_messages_total: {
    type: 'counter',
    about:
      'Messages. `direction` sent: `outcome` ok or failed. `direction` received: handled, failed (delivered again) or dead.',
    labels: ['topic', 'direction', 'outcome'],
  },
  palimpsest_message_seconds: {
    type: 'histogram',
    about: 'Time that a handler took for one delivery.',
    labels: ['topic'],
    buckets: callBuckets,
  },
  palimpsest_consumer_lag: {
    type: 'gauge',
    about: 'Messages that a group has not handled yet. Every process of a group tells the same number.',
    labels: ['topic', 'group'],
  },
  palimpsest_dead_letters_total: {
    type: 'counter',
    about: 'Messages given up, by the topic they came from.',
    labels: ['topic'],
  },
  palimpsest_store_seconds: {
    type: 'histogram',
    about: 'Time of one call to the store, also from the threads and the child processes of this one.',
    labels: ['operation'],
    buckets: callBuckets,
  },
  palimpsest_store_bytes_total: {
    type: 'counter',
    about: 'Bytes written to the store and read from it.',
    labels: ['operation'],
  },
  palimpsest_store_failures_total: {
    type: 'counter',
    about: 'Calls to the store that failed, by the code of the error.',
    labels: ['operation', 'code'],
  },
  palimpsest_queue_tasks: {
    type: 'gauge',
    about: 'Tasks that the database knows. `status`: ready, sent, done, failed or cancelled.',
    labels: ['kind', 'status'],
  },
  palimpsest_queue_age_seconds: {
    type: 'gauge',
    about: 'How long the oldest task that could be sent has been waiting; 0 when none is.',
    labels: ['kind'],
  },
  palimpsest_studies: {
    type: 'gauge',
    about: 'Studies. `status`: running, finished, failed or cancelled.',
    labels: ['status'],
  },
  palimpsest_lease_losses_total: {
    type: 'counter',
    about: 'Tasks whose worker fell silent, so that they were sent again.',
    labels: ['kind'],
  },
  palimpsest_scrape_failures_total: {
    type: 'counter',
    about: 'Numbers that could not be had in time for a scrape, which then goes without them.',
    labels: ['collector'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;
