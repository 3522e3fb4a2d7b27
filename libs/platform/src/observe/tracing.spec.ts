import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Module } from '@nestjs/common';
import { PlatformError, type Finished } from '@palimpsest/contracts';
import { aCompareInput, aRequest, eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../bus/bus.js';
import { loadConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { PlatformModule } from '../platform.module.js';
import { taskId } from '../tasks/task-id.js';
import { taskService } from '../tasks/task-service.js';
import { behaviours, definitions } from '../tasks/tasks.fixture.js';
import { BUS, TRACING } from '../tokens.js';
import { startCollector } from './collector.fixture.js';
import { noTracing, openTracing, type Tracing } from './tracing.js';

const program = fileURLToPath(new URL('../../dist/tasks/tasks.fixture.js', import.meta.url));
const silent = pino({ level: 'silent' });
const aStudyId = () => randomBytes(16).toString('hex');

@Module({ imports: [PlatformModule], providers: taskService(definitions) })
class CompareModule {}

let folder = '';
let collector: Awaited<ReturnType<typeof startCollector>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-traces-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => void collector.close());

const open = (): Promise<Tracing> =>
  openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, ['api'], silent);

/** Runs one task as a job of a service whose spans go to `endpoint`. */
async function runJob(studyId: string, seed: number, endpoint: string) {
  const env = { DATA_DIR: folder, LOG_LEVEL: 'silent', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const app = await createApp({ ...loadConfig(env), program }, [CompareModule]);
  await app.init();
  const [bus, tracing] = [app.get<Bus>(BUS), app.get<Tracing>(TRACING)];
  const finished: Finished[] = [];
  await bus.subscribe(['task.finished'], 'api', ({ message }) => {
    finished.push(message);
    return Promise.resolve();
  });
  const input = aCompareInput({ seed, epsilon: Math.random() });
  const request = aRequest({ taskId: taskId('compare', input), studyId, attempt: 2, input });
  await tracing.run('task sent', { parent: tracing.parentOf(studyId), role: 'producer' }, () =>
    bus.publish('compare.requested', request),
  );
  await eventually('finished', () => finished.length === 1, 20_000);
  const metrics = (await app.inject({ url: '/metrics' })).body;
  await app.close();
  return { request, metrics };
}

describe('the trace of a study', () => {
  it('has the id of the study, and leads from the sender through the worker into the process of its job', async () => {
    const studyId = aStudyId();
    const { request } = await runJob(studyId, behaviours.succeed, collector.url);
    const [sent, task, job] = ['task sent', 'task compare', 'job compare'].map(collector.named);
    expect(collector.spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(studyId));
    expect(sent?.parentSpanId).toBe(studyId.slice(0, 16));
    expect(task?.parentSpanId).toBe(sent?.spanId);
    expect(job?.parentSpanId).toBe(task?.spanId);
    expect(task?.process['service.name']).toBe('palimpsest-compare');
    expect(job?.process['service.name']).toBe('palimpsest-job');
    expect(job?.process['service.instance.id']).not.toBe(task?.process['service.instance.id']);
    const whose = { studyId, taskId: request.taskId, kind: 'compare', attempt: 2 };
    expect(task?.attributes).toEqual({ ...whose, outcome: 'done' });
    expect(job?.attributes).toMatchObject(whose);
  });

  it('shows what failed, where', async () => {
    await runJob(aStudyId(), behaviours.failForGood, collector.url);
    expect(collector.named('task compare')).toMatchObject({
      status: { code: 2, message: 'seed: expected 1, found 2' },
      attributes: { outcome: 'failed' },
    });
    expect(collector.named('job compare').status).toMatchObject({
      code: 2,
      message: 'ended with exit code 42',
    });
  });

  it('begins and ends with the study, whose root all else has as its ancestor', async () => {
    const tracing = await open();
    const studyId = aStudyId();
    const options = { parent: tracing.parentOf(studyId) };
    await tracing.run('study submitted', options, () => Promise.resolve());
    tracing.study(studyId, { start: new Date(1000), end: new Date(5000), failure: 'no room' });
    await tracing.close();
    const root = collector.named('study');
    expect(root).toMatchObject({
      ...{ traceId: studyId, startTimeUnixNano: '1000000000', endTimeUnixNano: '5000000000' },
      status: { code: 2, message: 'no room' },
    });
    expect(root.parentSpanId).toBeUndefined();
    expect(collector.named('study submitted').parentSpanId).toBe(root.spanId);
  });
});

describe('tracing', () => {
  it('nests what runs within a span, and carries it to where it is handed over', async () => {
    const tracing = await open();
    await tracing.run('outer', {}, async () => {
      const handedOver = tracing.traceparent();
      await tracing.run('inner', {}, () => Promise.resolve());
      await tracing.within(undefined, async () => {
        expect(tracing.traceparent()).toBeUndefined();
        await tracing.within(handedOver, () => tracing.run('far', {}, () => Promise.resolve()));
      });
    });
    await tracing.close();
    const { spanId } = collector.named('outer');
    expect(['inner', 'far'].map((name) => collector.named(name).parentSpanId)).toEqual([spanId, spanId]);
  });

  it('ends a span with the error that went through it', async () => {
    const tracing = await open();
    const fail = () => Promise.reject(new PlatformError('unavailable', 'no broker'));
    await expect(tracing.run('sending', {}, fail)).rejects.toThrow('no broker');
    await tracing.close();
    expect(collector.named('sending')).toMatchObject({
      status: { code: 2, message: 'no broker' },
      attributes: { 'error.type': 'unavailable' },
    });
  });

  it.each(['a-study', '0'.repeat(32), 'A'.repeat(32)])('has no trace for the study id %s', async (id) => {
    const tracing = await open();
    expect(tracing.parentOf(id)).toBeUndefined();
    await tracing.close();
  });

  it('takes a traceparent that is none for none', async () => {
    const tracing = await open();
    await tracing.run('lost', { parent: 'nonsense' }, () => Promise.resolve());
    await tracing.close();
    expect(collector.named('lost').traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('keeps no task from its end when the collector is away', async () => {
    const { metrics } = await runJob(aStudyId(), behaviours.succeed, 'http://127.0.0.1:1');
    expect(metrics).toContain('palimpsest_task_seconds_count{kind="compare",outcome="done"} 1');
  });

  it('is off without an endpoint, and then loads nothing', async () => {
    expect(await openTracing({}, ['api'], silent)).toBe(noTracing);
    const script = `
      const { createApp, loadConfig, PlatformModule } = await import('${new URL('../../dist/index.js', import.meta.url).href}');
      const app = await createApp(loadConfig(), [PlatformModule]);
      await app.init();
      await app.close();
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => /@opentelemetry.(sdk|exporter|otlp)/.test(path));
      console.log(loaded.length);`;
    const load = async (env: Record<string, string>) => {
      const settings = { ...process.env, DATA_DIR: folder, LOG_LEVEL: 'silent', ...env };
      const args = ['--input-type=module', '-e', script];
      return Number((await promisify(execFile)(process.execPath, args, { env: settings })).stdout);
    };
    expect(await load({})).toBe(0);
    expect(await load({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toBeGreaterThan(10);
  });
});

describe('the metrics of a service', () => {
  it('include what the processes of its jobs asked of the store', async () => {
    const { metrics } = await runJob(aStudyId(), behaviours.succeed, '');
    const samples = new Map(metrics.split('\n').map((line) => line.split(' ') as [string, string]));
    expect(samples.get('palimpsest_task_seconds_count{kind="compare",outcome="done"}')).toBe('1');
    expect(samples.get('palimpsest_tasks_running{kind="compare"}')).toBe('0');
    // The service writes the input; artifacts, progress and output are the job's.
    expect(Number(samples.get('palimpsest_store_seconds_count{operation="write"}'))).toBeGreaterThan(2);
    const requested = 'topic="compare.requested"';
    expect(samples.get(`palimpsest_messages_total{${requested},direction="sent",outcome="ok"}`)).toBe('1');
    expect(
      samples.get(`palimpsest_messages_total{${requested},direction="received",outcome="handled"}`),
    ).toBe('1');
    expect(samples.get('palimpsest_consumer_lag{topic="compare.requested",group="compare"}')).toBe('0');
    expect(samples.get('palimpsest_ready')).toBe('1');
  });
});
