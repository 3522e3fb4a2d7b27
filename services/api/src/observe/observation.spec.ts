import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp, loadConfig, Metrics, noTracing, openDatabase, type Tracing } from '@palimpsest/platform';
import { eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { Subject } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiModule } from '../api.module.js';
import { migrations } from '../database/migrations.js';
import type { Database, StudiesTable, Tables, TaskStatus } from '../database/schema.js';
import { fakeTasks } from '../fake-tasks.fixture.js';
import { DATABASE } from '../tokens.js';
import { QueueMetrics } from './queue-metrics.js';
import { StudyTraces } from './study-traces.js';

const yaml = `name: small
targets: { knee: { layout: busi, path: knee, split: { folds: 2 } } }
sources: { random: { random: true } }
strategies: [finetune]
`;
const env = {
  ...{ STORE_URL: 'memory:', DATABASE_URL: 'pglite:memory', JOBS_URL: 'inline:', LOG_LEVEL: 'silent' },
  ...{ CONCURRENCY: '2' },
};

describe('the api', () => {
  let app: NestFastifyApplication;
  const tasks = fakeTasks();
  beforeAll(async () => {
    app = await createApp(loadConfig(env), [ApiModule, tasks.module]);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());

  const get = async (url: string) => {
    const { statusCode, body } = await app.inject({ url });
    return { status: statusCode, body };
  };
  const sampleOf = async (name: string) =>
    (await get('/metrics')).body
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1];

  it('tells how many studies and tasks there are, and how they stand', async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    tasks.before = (kind) => (kind === 'train' ? held : Promise.resolve());
    const payload = { yaml, file: 'study.yaml', baseDir: '/data' };
    await app.inject({ method: 'POST', url: '/studies', payload });
    const running = () => sampleOf('palimpsest_tasks_running{kind="train"}');
    await eventually('two trainings run', async () => (await running()) === '2');
    expect(await sampleOf('palimpsest_queue_tasks{kind="ingest",status="done"}')).toBe('1');
    expect(await sampleOf('palimpsest_queue_tasks{kind="train",status="sent"}')).toBe('2');
    expect(await sampleOf('palimpsest_studies{status="running"}')).toBe('1');
    goOn();
    const finished = () => sampleOf('palimpsest_studies{status="finished"}');
    await eventually('the study is over', async () => (await finished()) === '1');
    expect(await sampleOf('palimpsest_studies{status="running"}')).toBeUndefined();
  });

  it('is not ready without its database, and says so', async () => {
    expect(JSON.parse((await get('/readyz')).body)).toEqual({ ready: true, waitingFor: [] });
    await app.get<Database>(DATABASE).destroy();
    await eventually('not ready', async () => (await get('/readyz')).status === 503);
    expect(JSON.parse((await get('/readyz')).body)).toEqual({ ready: false, waitingFor: ['database'] });
    expect(await get('/livez')).toEqual({ status: 200, body: '{"alive":true}' });
    expect(await sampleOf('palimpsest_ready')).toBe('0');
    expect(await sampleOf('palimpsest_scrape_failures_total{collector="queue"}')).not.toBe('0');
  });
});

describe('the age of the queue', () => {
  it('is how long the oldest task has been waiting that could be sent', async () => {
    const db = await openDatabase<Tables>(loadConfig(env), migrations);
    const metrics = new Metrics();
    const nowMs = Date.parse('2024-01-01T00:00:00Z');
    new QueueMetrics(db, metrics, () => new Date(nowMs)).start();
    const task = (id: string, status: TaskStatus, secondsAgo: number) => ({
      ...{ id, status, kind: 'compare' as const, version: 1, input: '{}', needs: '{}', study_id: 's' },
      ...{ attempt: 0, last_attempt: 1, next_at: new Date(nowMs - secondsAgo * 1000) },
    });
    const age = async () =>
      /^palimpsest_queue_age_seconds{kind="compare"} (.*)$/m.exec(await metrics.text())?.[1];
    const waiting = [task('old', 'ready', 900), task('new', 'ready', 60)];
    const others = [task('not due', 'ready', -900), task('sent', 'sent', 5000)];
    await db
      .insertInto('tasks')
      .values([...waiting, ...others])
      .execute();
    expect(await age()).toBe('900');
    await db.updateTable('tasks').set({ status: 'done' }).where('id', 'in', ['old', 'new']).execute();
    expect(await age()).toBe('0');
    await db.destroy();
  });
});

describe('the trace of a study', () => {
  const row = (id: string, status: StudiesTable['status']) => ({
    ...{ id, name: 'small', spec: '{}', status, look: 0 },
    ...{ created_at: new Date(1000), finished_at: status === 'running' ? null : new Date(5000) },
  });

  it('ends once, when the study does, however it ends', async () => {
    const db = await openDatabase<Tables>(loadConfig(env), migrations);
    const ended: unknown[] = [];
    const tracing: Tracing = { ...noTracing, on: true, study: (id, span) => void ended.push([id, span]) };
    const changes = new Subject<string>();
    const traces = new StudyTraces({ db, tracing, changes, log: pino({ level: 'silent' }) });
    await db
      .insertInto('studies')
      .values([row('a', 'running'), row('b', 'finished')])
      .execute();
    await traces.onApplicationBootstrap();
    changes.next('a');
    changes.next('b');
    await db.updateTable('studies').set(row('a', 'failed')).where('id', '=', 'a').execute();
    changes.next('a');
    changes.next('a');
    await eventually('ended', () => ended.length > 0);
    traces.beforeApplicationShutdown();
    await db.destroy();
    const attributes = { studyId: 'a', status: 'failed', look: 0 };
    const failure = 'the study has failed';
    expect(ended).toEqual([['a', { start: new Date(1000), end: new Date(5000), attributes, failure }]]);
  });
});
