import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

const lineOf = (text: string, name: string) => text.split('\n').find((line) => line.startsWith(name));

describe('Metrics', () => {
  it('tells memory, the lag of the event loop and its own version without being told anything', async () => {
    const text = await new Metrics().text();
    expect(lineOf(text, 'process_resident_memory_bytes ')).toMatch(/ [1-9]\d+$/);
    expect(lineOf(text, 'nodejs_eventloop_lag_p99_seconds ')).toBeDefined();
    expect(lineOf(text, 'palimpsest_build_info')).toMatch(/{version="\d+\.\d+\.\d+"} 1$/);
    expect(Number(lineOf(text, 'palimpsest_memory_limit_bytes ')?.split(' ')[1])).toBeGreaterThan(1 << 20);
  });

  it('counts, sets and times by label', async () => {
    const metrics = new Metrics();
    metrics.leaseLost('train');
    metrics.leaseLost('train');
    metrics.set('palimpsest_task_capacity', { kind: 'train' }, 3);
    metrics.observe('palimpsest_task_seconds', { kind: 'train', outcome: 'done' }, 20);
    const text = await metrics.text();
    expect(text).toContain('palimpsest_lease_losses_total{kind="train"} 2');
    expect(text).toContain('palimpsest_task_capacity{kind="train"} 3');
    expect(text).toContain('palimpsest_task_seconds_bucket{le="10",kind="train",outcome="done"} 0');
    expect(text).toContain('palimpsest_task_seconds_bucket{le="60",kind="train",outcome="done"} 1');
  });

  it('forgets what a gauge told before when all of it is replaced', async () => {
    const metrics = new Metrics();
    metrics.replace('palimpsest_studies', [[{ status: 'running' }, 1]]);
    metrics.replace('palimpsest_studies', [[{ status: 'finished' }, 1]]);
    const text = await metrics.text();
    expect(text).not.toContain('status="running"');
    expect(text).toContain('palimpsest_studies{status="finished"} 1');
  });

  it('counts the calls to a store, their bytes and why they failed', async () => {
    const metrics = new Metrics();
    metrics.storeCall({ operation: 'read', seconds: 0.01, bytes: 7 });
    metrics.storeCall({ operation: 'read', seconds: 0.01, bytes: 0, code: 'unavailable' });
    const text = await metrics.text();
    expect(text).toContain('palimpsest_store_seconds_count{operation="read"} 2');
    expect(text).toContain('palimpsest_store_bytes_total{operation="read"} 7');
    expect(text).toContain('palimpsest_store_failures_total{operation="read",code="unavailable"} 1');
  });
});

describe('a scrape', () => {
  it('asks for numbers each time', async () => {
    const metrics = new Metrics();
    let asked = 0;
    metrics.onScrape('studies', () => metrics.set('palimpsest_studies', { status: 'running' }, ++asked));
    await metrics.text();
    expect(await metrics.text()).toContain('palimpsest_studies{status="running"} 2');
  });

  it('goes without a number that cannot be had, and counts that', async () => {
    const metrics = new Metrics();
    metrics.onScrape('lag', () => Promise.reject(new Error('no broker')));
    metrics.onScrape('studies', () => metrics.set('palimpsest_studies', { status: 'running' }, 1));
    const text = await metrics.text();
    expect(text).toContain('palimpsest_scrape_failures_total{collector="lag"} 1');
    expect(text).toContain('palimpsest_studies{status="running"} 1');
  });

  it('does not wait for ever, nor asks again while an answer is awaited', async () => {
    const metrics = new Metrics();
    let asked = 0;
    metrics.onScrape('lag', async () => {
      asked += 1;
      await sleep(60_000, undefined, { ref: false });
    });
    await Promise.all([metrics.text(), metrics.text()]);
    expect(await metrics.text()).toContain('palimpsest_scrape_failures_total{collector="lag"} 3');
    expect(asked).toBe(1);
  });

  it('costs little: a thousand calls to the store are told of in a few milliseconds', () => {
    const metrics = new Metrics();
    const rounds = Array.from({ length: 5 }, () => {
      const started = performance.now();
      for (let i = 0; i < 1000; i++) metrics.storeCall({ operation: 'read', seconds: 0.01, bytes: 7 });
      return performance.now() - started;
    });
    expect(Math.min(...rounds)).toBeLessThan(200);
  });
});
