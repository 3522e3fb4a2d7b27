import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PlatformError, type Finished, type Progressed, type WorkerSeen } from '@palimpsest/contracts';
import { aCompareInput, aRequest, eventually } from '@palimpsest/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bus } from '../bus/bus.js';
import { loadConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { LetGo } from '../jobs/jobs.js';
import { PlatformModule } from '../platform.module.js';
import { BUS } from '../tokens.js';
import { taskService } from './task-service.js';
import type { TaskContext, TaskDefinition } from './task.js';

type Run = TaskDefinition<'compare'>['run'];
const succeed = async (context: TaskContext) => ({
  layers: [],
  coefficients: await context.store.putJson('coefficients', {}),
});

/** Tasks that wait until the test lets them go on, or somebody stops them. */
function held() {
  const begun: string[] = [];
  const goOn = new Map<string, () => void>();
  const run: Run = async (_, context) => {
    begun.push(context.taskId);
    await new Promise<void>((resolve, reject) => {
      goOn.set(context.taskId, resolve);
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
    });
    return succeed(context);
  };
  return { begun, run, release: (id: string) => goOn.get(id)?.() };
}

function moduleOf(run: Run, runs: 'here' | 'as-job'): Type {
  const definition = { kind: 'compare' as const, runs, module: '', run };
  @Module({ imports: [PlatformModule], providers: taskService([definition]) })
  class CompareModule {}
  return CompareModule;
}

const apps: NestFastifyApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function start(run: Run, runs: 'here' | 'as-job' = 'here', settings: Record<string, string> = {}) {
  const usual = { STORE_URL: 'memory:', JOBS_URL: 'inline:', CONCURRENCY: '2', LOG_LEVEL: 'silent' };
  const env = { ...usual, ...settings };
  const app = await createApp(loadConfig(env), [moduleOf(run, runs)]);
  await app.init();
  apps.push(app);
  const bus = app.get<Bus>(BUS);
  const finished: Finished[] = [];
  const progressed: Progressed[] = [];
  await bus.subscribe(['task.finished', 'task.progressed'], 'api', (delivery) => {
    if (delivery.topic === 'task.finished') finished.push(delivery.message);
    else progressed.push(delivery.message);
    return Promise.resolve();
  });
  const ask = (taskId: string, attempt = 1, seed = 1) =>
    bus.publish('compare.requested', aRequest({ taskId, attempt, input: aCompareInput({ seed }) }));
  return { app, bus, finished, progressed, ask };
}

describe.each(['here', 'as-job'] as const)('a task service whose tasks run %s', (runs) => {
  it('tells that a task began, and its output', async () => {
    const { finished, progressed, ask } = await start((_, context) => succeed(context), runs);
    await ask('a', 2);
    await eventually('finished', () => finished.length === 1);
    expect(progressed[0]).toEqual({ taskId: 'a', attempt: 2, done: 0 });
    expect(finished[0]).toMatchObject({
      taskId: 'a',
      attempt: 2,
      outcome: { ok: true, output: { layers: [] } },
    });
    expect(finished[0]?.seconds).toBeGreaterThanOrEqual(0);
  });

  it('answers a request that comes again without working again', async () => {
    let runsSoFar = 0;
    const { finished, ask } = await start((_, context) => {
      runsSoFar += 1;
      return succeed(context);
    }, runs);
    await ask('a', 1);
    await eventually('finished', () => finished.length === 1);
    await ask('a', 2);
    await eventually('answered', () => finished.length === 2);
    expect(finished[1]).toMatchObject({ attempt: 2, seconds: null, outcome: { ok: true } });
    expect(runsSoFar).toBe(1);
  });

  it('tells why a task failed, and whether to try again', async () => {
    const { finished, ask } = await start((input) => {
      if (input.seed === 1) throw new RangeError('n: expected more than p');
      if (input.seed === 2) throw new PlatformError('unavailable', 'no room');
      throw new Error('cannot be');
    }, runs);
    for (const seed of [1, 2, 3]) await ask(`${seed}`, 1, seed);
    await eventually('all finished', () => finished.length === 3);
    const outcomes = new Map(finished.map(({ taskId, outcome }) => [taskId, outcome]));
    const message = 'n: expected more than p';
    expect(outcomes.get('1')).toEqual({ ok: false, code: 'invalid', message, retry: false });
    expect(outcomes.get('2')).toMatchObject({ code: 'unavailable', retry: true });
    expect(outcomes.get('3')).toMatchObject({ code: 'bug', retry: false });
  });
});

describe('a task service', () => {
  it('runs at most CONCURRENCY at once, and the next when one ends', async () => {
    const { begun, run, release } = held();
    const { ask, finished } = await start(run);
    for (const id of ['a', 'b', 'c']) await ask(id);
    await eventually('two begun', () => begun.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(begun).toEqual(['a', 'b']);
    release('a');
    await eventually('the third begun', () => begun.length === 3);
    expect(finished.map(({ taskId }) => taskId)).toEqual(['a']);
  });

  it('does not begin a task twice, and answers the later attempt', async () => {
    const { begun, run, release } = held();
    const { ask, finished } = await start(run);
    await ask('a', 1);
    await eventually('begun', () => begun.length === 1);
    await ask('a', 2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    release('a');
    await eventually('finished', () => finished.length === 1);
    expect(begun).toEqual(['a']);
    expect(finished[0]?.attempt).toBe(2);
  });

  it('stops a cancelled task, drops one that has not come yet, and runs it when asked anew', async () => {
    const { begun, run, release } = held();
    const { ask, bus, finished } = await start(run);
    await ask('a');
    await eventually('begun', () => begun.length === 1);
    await bus.publish('task.cancelled', { taskIds: ['a', 'b'] });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await ask('b');
    await ask('c');
    await eventually('the next begun', () => begun.includes('c'));
    expect(begun).toEqual(['a', 'c']);
    expect(finished).toEqual([]);
    await ask('b');
    await eventually('asked anew', () => begun.includes('b'));
    release('b');
    await eventually('finished', () => finished.length === 1);
  });

  it('runs a task again that is asked for while it is being stopped', async () => {
    const { begun, run, release } = held();
    const { ask, bus, finished } = await start(run);
    await ask('a', 1);
    await eventually('begun', () => begun.length === 1);
    await bus.publish('task.cancelled', { taskIds: ['a'] });
    await ask('a', 2);
    await eventually('begun again', () => begun.length === 2);
    release('a');
    await eventually('finished', () => finished.length === 1);
    expect(finished[0]).toMatchObject({ attempt: 2, outcome: { ok: true } });
  });

  it('stops only the attempts that nobody wants any more', async () => {
    const { begun, run, release } = held();
    const { ask, bus, finished } = await start(run);
    await ask('a', 2);
    await eventually('begun', () => begun.length === 1);
    await bus.publish('task.cancelled', { taskIds: ['a', 'b'], attempt: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await ask('b', 2);
    await eventually('the other begun too', () => begun.length === 2);
    for (const id of ['a', 'b']) release(id);
    await eventually('finished', () => finished.length === 2);
    expect(finished.every(({ outcome }) => outcome.ok)).toBe(true);
  });

  it.each([
    ['ends what is cancelled', {}, false],
    ['lets go of what a later attempt goes on with', { superseded: true }, true],
  ])('%s', async (_, more, letGo) => {
    let signal: AbortSignal | undefined;
    const run: Run = (_input, context) => {
      signal = context.signal;
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      });
    };
    const { ask, bus, finished } = await start(run);
    await ask('a');
    await eventually('begun', () => signal);
    await bus.publish('task.cancelled', { taskIds: ['a'], attempt: 1, ...more });
    await eventually('stopped', () => signal?.aborted);
    expect(signal?.reason instanceof LetGo).toBe(letGo);
    expect(signal?.reason).toMatchObject({ name: 'AbortError' });
    expect(finished).toEqual([]);
  });

  it('gives up a task that does not get on, as worth a retry', async () => {
    const { run } = held();
    const { ask, finished } = await start(run, 'here', { STALL_SECONDS: '1' });
    await ask('a');
    await eventually('given up', () => finished.length === 1);
    expect(finished[0]?.outcome).toEqual({
      ok: false,
      code: 'unavailable',
      message: 'no progress for 1 s',
      retry: true,
    });
  });

  it('says what it could do and is doing, and that it stops', async () => {
    const { run, begun } = held();
    const { app, bus, ask } = await start(run);
    const seen: WorkerSeen[] = [];
    await bus.subscribe(['worker.seen'], null, ({ message }) => {
      seen.push(message);
      return Promise.resolve();
    });
    await ask('a');
    await eventually('begun', () => begun.length === 1);
    await eventually('seen', () => seen.length === 1);
    expect(seen[0]).toMatchObject({ stopping: false, kinds: [{ kind: 'compare', capacity: 2, running: 1 }] });
    await app.close();
    expect(seen.at(-1)).toMatchObject({ stopping: true });
  });

  it('lets short tasks end when it shuts down, and says which it interrupted, where a broker outlives it', async () => {
    const { begun, run, release } = held();
    const { app, bus, ask, finished } = await start(run, 'here', { SHUTDOWN_SECONDS: '1' });
    Object.defineProperty(bus, 'durable', { value: true });
    for (const id of ['a', 'b']) await ask(id);
    await eventually('begun', () => begun.length === 2);
    const closed = app.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    release('a');
    await closed;
    const outcomes = new Map(finished.map(({ taskId, outcome }) => [taskId, outcome]));
    expect(outcomes.get('a')).toMatchObject({ ok: true });
    expect(outcomes.get('b')).toMatchObject({ ok: false, retry: true, interrupted: true });
  });

  it('leaves a task of another version to a program that has it', async () => {
    const { bus, finished } = await start((_, context) => succeed(context));
    await bus.publish('compare.requested', aRequest({ version: 99 }));
    await eventually('finished', () => finished.length === 1);
    expect(finished[0]?.outcome).toMatchObject({ code: 'unavailable', retry: true });
  });

  it('shuts down in order: not ready, tasks stopped without a word, bus closed', async () => {
    const { begun, run } = held();
    const { app, bus, ask, finished } = await start(run);
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, waitingFor: [] }]);
    await ask('a');
    await eventually('begun', () => begun.length === 1);
    await app.close();
    expect(finished).toEqual([]);
    await expect(ask('b')).rejects.toMatchObject({ code: 'unavailable' });
    expect(bus.durable).toBe(false);
  });

  it('refuses to start when a kind has two handlers', async () => {
    const config = loadConfig({ STORE_URL: 'memory:', JOBS_URL: 'inline:', LOG_LEVEL: 'silent' });
    const run: Run = (_, context) => succeed(context);
    const app = createApp(config, [moduleOf(run, 'here'), moduleOf(run, 'here')]);
    await expect(app).rejects.toThrow('task kind "compare": expected one handler, found two');
  });
});
