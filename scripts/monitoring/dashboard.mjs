const rate = (metric, by, window = '$__rate_interval') => `sum by (${by}) (rate(${metric}[${window}]))`;
const quantile = (q, metric, by) =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket[$__rate_interval])))`;

/** Panels by the question that they answer: title, unit, and legend of each query. */
const rows = {
  'Is it healthy?': [
    ['Ready', 'bool_yes_no', { '{{instance}}': 'palimpsest_ready' }],
    ['Answers', 'bool_yes_no', { '{{instance}}': 'up{job=~".*palimpsest.*"}' }],
    ['Studies', 'short', { '{{status}}': 'max by (status) (palimpsest_studies)' }],
    [
      'Memory, as a share of what it may use',
      'percentunit',
      { '{{instance}}': 'process_resident_memory_bytes / on (job, instance) palimpsest_memory_limit_bytes' },
    ],
    [
      'Processor cores',
      'short',
      {
        '{{instance}}':
          'rate(process_cpu_seconds_total[$__rate_interval]) and on (job, instance) palimpsest_build_info',
      },
    ],
    ['Version', 'short', { '{{version}}': 'count by (version) (palimpsest_build_info)' }],
  ],
  'What goes through?': [
    [
      'Tasks ended a second',
      'ops',
      { '{{kind}} {{outcome}}': rate('palimpsest_task_seconds_count', 'kind, outcome') },
    ],
    [
      'Tasks running, and how many could',
      'short',
      {
        '{{kind}} running': 'sum by (kind) (palimpsest_tasks_running)',
        '{{kind}} at most': 'sum by (kind) (palimpsest_task_capacity)',
      },
    ],
    [
      'Messages a second',
      'ops',
      {
        '{{topic}} {{direction}} {{outcome}}': rate('palimpsest_messages_total', 'topic, direction, outcome'),
      },
    ],
    ['Bytes a second, store', 'Bps', { '{{operation}}': rate('palimpsest_store_bytes_total', 'operation') }],
  ],
  'What is slow?': [
    ['Tasks: nine in ten end within', 's', { '{{kind}}': quantile(0.9, 'palimpsest_task_seconds', 'kind') }],
    [
      'Store: 95 of 100 calls end within',
      's',
      { '{{operation}}': quantile(0.95, 'palimpsest_store_seconds', 'operation') },
    ],
    [
      'Handlers: 95 of 100 deliveries within',
      's',
      { '{{topic}}': quantile(0.95, 'palimpsest_message_seconds', 'topic') },
    ],
    [
      'Lag of the event loop, p99',
      's',
      { '{{instance}}': 'nodejs_eventloop_lag_p99_seconds and on (job, instance) palimpsest_build_info' },
    ],
  ],
  'What is stuck?': [
    [
      'Tasks in the queue',
      'short',
      {
        '{{kind}} {{status}}': 'max by (kind, status) (palimpsest_queue_tasks{status=~"ready|sent|failed"})',
      },
    ],
    ['Age of the oldest ready task', 's', { '{{kind}}': 'max by (kind) (palimpsest_queue_age_seconds)' }],
    [
      'Messages not handled yet',
      'short',
      { '{{group}} {{topic}}': 'max by (group, topic) (palimpsest_consumer_lag)' },
    ],
    [
      'Leases lost in an hour',
      'short',
      { '{{kind}}': 'sum by (kind) (increase(palimpsest_lease_losses_total[1h]))' },
    ],
    [
      'Dead letters in an hour',
      'short',
      { '{{topic}}': 'sum by (topic) (increase(palimpsest_dead_letters_total[1h]))' },
    ],
    [
      'Calls to the store that fail, a second',
      'ops',
      { '{{operation}} {{code}}': rate('palimpsest_store_failures_total', 'operation, code') },
    ],
    [
      'Numbers that a scrape went without, in an hour',
      'short',
      { '{{collector}}': 'sum by (collector) (increase(palimpsest_scrape_failures_total[1h]))' },
    ],
  ],
};

const datasource = { type: 'prometheus', uid: '${datasource}' };
const WIDTH = 24;
const ACROSS = 3;
const HEIGHT = 8;

const panel = ([title, unit, queries], gridPos) => ({
  type: 'timeseries',
  title,
  datasource,
  gridPos,
  fieldConfig: {
    defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } },
    overrides: [],
  },
  options: { legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] } },
  targets: Object.entries(queries).map(([legendFormat, expr], i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource,
    expr,
    legendFormat,
  })),
});

/** Rows from the top down, panels from the left, each with an id of its own. */
function place() {
  const placed = [];
  let y = 0;
  for (const [title, panels] of Object.entries(rows)) {
    placed.push({
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: y++, w: WIDTH, h: 1 },
    });
    for (const [i, each] of panels.entries()) {
      const [x, down] = [(i % ACROSS) * (WIDTH / ACROSS), Math.floor(i / ACROSS) * HEIGHT];
      placed.push(panel(each, { x, y: y + down, w: WIDTH / ACROSS, h: HEIGHT }));
    }
    y += Math.ceil(panels.length / ACROSS) * HEIGHT;
  }
  return placed.map((each, i) => ({ id: i + 1, ...each }));
}

/** For Grafana to import; it asks which Prometheus to use. */
export const dashboard = () => ({
  uid: 'palimpsest',
  title: 'Palimpsest',
  tags: ['palimpsest'],
  schemaVersion: 39,
  editable: true,
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1 }],
  },
  panels: place(),
});
