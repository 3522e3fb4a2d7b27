/** Series over an hour, one value a minute, in promtool's notation: `from+step×times`. */
export type SeriesByName = Record<string, string>;

/** Series during which an alert comes, within the hour, and some that are near it but during which none comes. */
export interface AlertCase {
  comes: SeriesByName;
  stays: SeriesByName;
}

const for1h = (value: number) => `${value}x60`;
const of = (name: string, labels: string) => `palimpsest_${name}{${labels}}`;
const train = 'job="palimpsest",instance="a",kind="train"';
const here = 'job="palimpsest",instance="a"';
const age = of('queue_age_seconds', train);
const running = of('tasks_running', train);
const capacity = of('task_capacity', train);
const lag = (topic: string) => of('consumer_lag', `${here},group="api",topic="${topic}"`);
const ended = (outcome: string) => of('task_seconds_count', `${train},outcome="${outcome}"`);
const calls = of('store_seconds_count', `${here},operation="write"`);
const bucket = (le: string) => of('store_seconds_bucket', `${here},operation="read",le="${le}"`);
const memory = `process_resident_memory_bytes{${here}}`;
const limit = of('memory_limit_bytes', here);

/** Two for each alert. */
export const alertCases: Record<string, AlertCase> = {
  PalimpsestDown: {
    comes: { [`up{${here}}`]: for1h(0) },
    stays: { [`up{${here}}`]: '1x29 0 1x29', 'up{job="another",instance="b"}': for1h(0) },
  },
  PalimpsestNotReady: {
    comes: { [of('ready', here)]: for1h(0) },
    stays: { [of('ready', here)]: '1x20 0x3 1x36' },
  },
  PalimpsestNothingSent: {
    comes: { [age]: '0+60x60', [running]: for1h(1), [capacity]: for1h(2) },
    stays: { [age]: '0+60x60', [running]: for1h(2), [capacity]: for1h(2) },
  },
  PalimpsestNoWorker: {
    comes: { [of('queue_tasks', `${train},status="sent"`)]: for1h(3) },
    stays: {
      [of('queue_tasks', `${train},status="sent"`)]: for1h(3),
      [of('queue_tasks', `${here},kind="compare",status="done"`)]: for1h(3),
      [capacity]: for1h(2),
    },
  },
  PalimpsestDeadLetters: {
    comes: { [of('dead_letters_total', `${here},topic="task.finished"`)]: '0x50 1x10' },
    stays: { [of('dead_letters_total', `${here},topic="task.finished"`)]: for1h(7) },
  },
  PalimpsestStoreFailing: {
    comes: {
      [of('store_failures_total', `${here},operation="write",code="denied"`)]: '0+6x60',
      [calls]: '0+60x60',
    },
    stays: {
      [of('store_failures_total', `${here},operation="write",code="denied"`)]: '0+1x60',
      [calls]: '0+60x60',
    },
  },
  PalimpsestLeaseLosses: {
    comes: { [of('lease_losses_total', train)]: '0x40 5x20' },
    stays: { [of('lease_losses_total', train)]: '0x40 1x20' },
  },
  PalimpsestTasksFailing: {
    comes: { [ended('failed')]: '0+1x60', [ended('done')]: '0+3x60' },
    stays: { [ended('failed')]: '0+1x60', [ended('done')]: '0+9x60', [ended('stopped')]: '0+90x60' },
  },
  PalimpsestConsumerLagGrowing: {
    comes: { [lag('task.finished')]: '0+20x60' },
    stays: { [lag('task.finished')]: for1h(500), [lag('train.requested')]: '0+20x60' },
  },
  PalimpsestQueueOld: {
    comes: { [age]: for1h(30_000), [running]: for1h(2), [capacity]: for1h(2) },
    stays: { [age]: for1h(20_000), [running]: for1h(2), [capacity]: for1h(2) },
  },
  PalimpsestStoreSlow: {
    comes: { [bucket('10')]: '0+10x60', [bucket('2.5')]: '0+5x60', [bucket('+Inf')]: '0+10x60' },
    stays: { [bucket('10')]: '0+10x60', [bucket('2.5')]: '0+10x60', [bucket('+Inf')]: '0+10x60' },
  },
  PalimpsestMemoryNearLimit: {
    comes: { [memory]: for1h(95), [limit]: for1h(100) },
    stays: { [memory]: for1h(85), [limit]: for1h(100) },
  },
  PalimpsestEventLoopBlocked: {
    comes: { [`nodejs_eventloop_lag_p99_seconds{${here}}`]: for1h(2), [of('build_info', here)]: for1h(1) },
    stays: { [`nodejs_eventloop_lag_p99_seconds{${here}}`]: for1h(2) },
  },
};
