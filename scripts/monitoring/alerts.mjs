// The alerts, and what to do when one comes: the rules files and the page of metrics are made from this.

/** Numbers of one queue, told alike by every process that sees it. */
const perKind = (metric) => `max by (kind) (${metric})`;
const free = 'sum by (kind) (palimpsest_tasks_running) < on (kind) sum by (kind) (palimpsest_task_capacity)';

/** In the order of their weight. `for`: how long it must hold. `act`: what to do, in a sentence or two. */
export const alerts = [
  {
    alert: 'PalimpsestDown',
    expr: 'up{job=~".*palimpsest.*"} == 0',
    for: '2m',
    severity: 'critical',
    summary: '{{ $labels.instance }} does not answer',
    act: 'Look at its last log lines and at why it ended. What it worked on is sent again when its leases end.',
  },
  {
    alert: 'PalimpsestNotReady',
    expr: 'palimpsest_ready == 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.instance }} is up, but not ready',
    act: '`/readyz` names what it waits for: the broker, the store or the database. Look at that one.',
  },
  {
    alert: 'PalimpsestNothingSent',
    expr: `${perKind('palimpsest_queue_age_seconds')} > 600 and on (kind) (${free})`,
    for: '5m',
    severity: 'critical',
    summary: 'Tasks of kind {{ $labels.kind }} are ready and workers are free, but nothing is sent',
    act: 'Look at the log of `api` for `queue failed`: it cannot write to the broker or to the database.',
  },
  {
    alert: 'PalimpsestNoWorker',
    expr: 'sum by (kind) (max by (kind, status) (palimpsest_queue_tasks{status=~"ready|sent"})) > 0 unless on (kind) sum by (kind) (palimpsest_task_capacity) > 0',
    for: '10m',
    severity: 'critical',
    summary: 'Nobody takes tasks of kind {{ $labels.kind }}',
    act: 'Start the service that does them: `palimpsest serve --help` says which.',
  },
  {
    alert: 'PalimpsestDeadLetters',
    expr: 'sum by (topic) (increase(palimpsest_dead_letters_total[15m])) > 0',
    for: '0m',
    severity: 'critical',
    summary: 'Messages of {{ $labels.topic }} were given up',
    act: '`palimpsest dead list` says why. Mend the cause, then `palimpsest dead replay`.',
  },
  {
    alert: 'PalimpsestStoreFailing',
    expr: 'sum by (operation) (rate(palimpsest_store_failures_total[10m])) / on (operation) sum by (operation) (rate(palimpsest_store_seconds_count[10m])) > 0.05',
    for: '5m',
    severity: 'critical',
    summary: 'More than 5 % of the calls {{ $labels.operation }} to the store fail',
    act: 'The label `code` says how: `unavailable` is the store or the way to it, or a full disk; `denied` the rights of the bucket.',
  },
  {
    alert: 'PalimpsestLeaseLosses',
    expr: 'sum by (kind) (increase(palimpsest_lease_losses_total[30m])) > 3',
    for: '0m',
    severity: 'warning',
    summary: 'Workers on tasks of kind {{ $labels.kind }} fall silent',
    act: 'They are killed, most often for want of memory, or their process is too busy to send: look at restarts and memory; raise LEASE_SECONDS if neither.',
  },
  {
    alert: 'PalimpsestTasksFailing',
    expr: 'sum by (kind) (increase(palimpsest_task_seconds_count{outcome=~"failed|retry"}[30m])) / on (kind) sum by (kind) (increase(palimpsest_task_seconds_count{outcome!="stopped"}[30m])) > 0.2',
    for: '10m',
    severity: 'warning',
    summary: 'More than a fifth of the tasks of kind {{ $labels.kind }} fail',
    act: '`palimpsest status` names each failed task and why; `outcome="retry"` is something that is away, `failed` is the input.',
  },
  {
    alert: 'PalimpsestConsumerLagGrowing',
    expr: 'max by (topic, group) (palimpsest_consumer_lag{topic!~".*requested"}) > 100 and on (topic, group) max by (topic, group) (deriv(palimpsest_consumer_lag[15m])) > 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.group }} handles {{ $labels.topic }} more slowly than it comes',
    act: 'Look at `palimpsest_message_seconds` of the topic and at the database; a second process of the service shares the work.',
  },
  {
    alert: 'PalimpsestQueueOld',
    expr: `${perKind('palimpsest_queue_age_seconds')} > 6 * 3600`,
    for: '15m',
    severity: 'warning',
    summary: 'Tasks of kind {{ $labels.kind }} have been waiting for more than six hours',
    act: 'There is more work than workers: start more of them, or wait.',
  },
  {
    alert: 'PalimpsestStoreSlow',
    expr: 'histogram_quantile(0.95, sum by (le, operation) (rate(palimpsest_store_seconds_bucket{operation=~"read|write|exists"}[15m]))) > 5',
    for: '15m',
    severity: 'warning',
    summary: 'One call {{ $labels.operation }} to the store in twenty takes longer than 5 s',
    act: 'Compare with the bytes per second on the dashboard: is it full, far away, or shared with somebody?',
  },
  {
    alert: 'PalimpsestMemoryNearLimit',
    expr: 'process_resident_memory_bytes / on (job, instance) palimpsest_memory_limit_bytes > 0.9',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} uses more than 90 % of the memory that it may',
    act: 'It will be killed. Lower CONCURRENCY, or raise the limit.',
  },
  {
    alert: 'PalimpsestEventLoopBlocked',
    expr: 'nodejs_eventloop_lag_p99_seconds > 1 and on (job, instance) palimpsest_build_info',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.instance }} answers late: its event loop waits for more than a second',
    act: 'It has less processor time than it needs, or heavy work runs in it: see that JOBS_URL is not `inline:`.',
  },
];
