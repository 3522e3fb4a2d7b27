import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ApiModule } from '@palimpsest/api';
import { AnalysisModule } from '@palimpsest/analysis';
import { createApp, loadConfig, metricDefinitions } from '@palimpsest/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertCases, type SeriesByName } from './alert-cases.js';
import { findPromtool } from './promtool.mjs';

const read = (file: string) => readFileSync(`k8s/monitoring/${file}`, 'utf8');
const dashboard = JSON.parse(read('dashboard.json')) as {
  panels: { title: string; targets?: { expr: string }[] }[];
};
const rules = read('alerts.yaml');
const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const everywhere = [...shown, rules].join('\n');
const alertNames = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? '');

/** Names of what a program exports, without what a histogram adds to them. */
const baseOf = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
const named = new Set(
  [...everywhere.matchAll(/\b(palimpsest|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => baseOf(name)),
);

describe('the dashboard and the alerts', () => {
  let exported = '';
  beforeAll(async () => {
    const env = {
      STORE_URL: 'memory:',
      DATABASE_URL: 'pglite:memory',
      JOBS_URL: 'inline:',
      LOG_LEVEL: 'silent',
    };
    const app = await createApp(loadConfig(env), [ApiModule, AnalysisModule]);
    await app.init();
    exported = (await app.inject({ url: '/metrics' })).body;
    await app.close();
  });

  it('name only what a running program tells', () => {
    const types = new Set([...exported.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    expect([...named].filter((name) => !types.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(15);
  });

  it('show every metric of this program but those that only others are compared with', () => {
    const all = Object.keys(metricDefinitions);
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });

  it('name only labels that a metric has', () => {
    const labels: Record<string, readonly string[]> = Object.fromEntries(
      Object.entries(metricDefinitions).map(([name, each]) => [name, each.labels]),
    );
    const matchers = [...everywhere.matchAll(/(palimpsest_\w+){([^}]*)}/g)];
    expect(matchers.length).toBeGreaterThan(5);
    for (const [, name = '', inside = ''] of matchers) {
      const used = [...inside.matchAll(/(\w+)[=!]/g)].map(([, label]) => label);
      expect(labels[baseOf(name)], `${name}{${inside}}`).toEqual(expect.arrayContaining(used));
    }
    const groups = [...everywhere.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    const known = new Set([...Object.values(labels).flat(), 'le']);
    expect(groups.filter((label) => !known.has(label))).toEqual([]);
  });

  it('ask the Prometheus that the reader chose', () => {
    expect(shown.length).toBeGreaterThan(20);
    expect(read('dashboard.json').match(/"uid": "\${datasource}"/g)?.length).toBeGreaterThan(20);
  });

  it('have the same rules for the operator of Prometheus', () => {
    const plain = rules.slice(rules.indexOf('groups:'));
    const inside = read('prometheus-rule.yaml').split('spec:\n')[1] ?? '';
    expect(inside.replaceAll(/^ {2}/gm, '')).toBe(plain);
  });
});

const promtool = findPromtool();
const title = promtool === undefined ? 'promtool (skipped: this machine has none)' : 'promtool';

describe.skipIf(promtool === undefined)(title, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => execFileSync(promtool ?? '', args, { encoding: 'utf8' });

  /** Which alerts have come at each minute of the hour, as promtool sees it. @throws when it is not as expected */
  function expectAlerts(series: SeriesByName, minutes: number[], coming: string[]): void {
    const tests = minutes.map((minute) => ({
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${minute}m`,
      exp_samples: coming.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
    }));
    const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
    const file = join(folder, 'test.yaml');
    const test = { interval: '1m', input_series, promql_expr_test: tests };
    const document = { rule_files: [resolve('k8s/monitoring/alerts.yaml')], tests: [test] };
    writeFileSync(file, JSON.stringify(document));
    run('test', 'rules', file);
  }

  it('understands the rules', () => {
    expect(run('check', 'rules', 'k8s/monitoring/alerts.yaml')).toContain(`${alertNames.length} rules found`);
  });

  it('has a case of each alert', () => {
    expect(Object.keys(alertCases).sort()).toEqual([...alertNames].sort());
  });

  it.each(Object.keys(alertCases))(
    'sees %s come when it should, alone, and not when it should not',
    (name) => {
      const { comes, stays } = alertCases[name]!;
      expectAlerts(comes, [55], [name]);
      const minutes = Array.from({ length: 59 }, (_, i) => i + 1);
      expectAlerts(stays, minutes, []);
    },
  );
});
