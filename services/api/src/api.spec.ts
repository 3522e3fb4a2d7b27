import {
  PlatformError,
  studyResultsSchema,
  type ArtifactRef,
  type TaskKind,
  type WorkerSeen,
} from '@palimpsest/contracts';
import { BUS, createApp, loadConfig, STORE, type Bus, type Store } from '@palimpsest/platform';
import { eventually } from '@palimpsest/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiModule } from './api.module.js';
import { fakeTasks, type FakeTasks } from './fake-tasks.fixture.js';
import type { DeadLetter } from './queue/dead-letters.js';
import type { StudySummary, StudyView, TaskView } from './studies/study-view.js';

/** Each test has its own files, so that no task of one is that of another. */
let files = 0;
const yaml = (name = 'small') => `name: ${name}
targets: { knee: { layout: busi, path: knee-${files}, split: { folds: 2 } } }
sources: { others: { weights: ${files}.safetensors }, random: { random: true } }
strategies: [finetune]
`;
const kinds = (tasks: FakeTasks) => tasks.ran.map(({ kind }) => kind);
const count = (tasks: FakeTasks, kind: TaskKind) => kinds(tasks).filter((k) => k === kind).length;

describe('the api', () => {
  let app: NestFastifyApplication;
  const tasks = fakeTasks();

  beforeAll(async () => {
    const config = loadConfig({
      ...{ STORE_URL: 'memory:', DATABASE_URL: 'pglite:memory', JOBS_URL: 'inline:', LOG_LEVEL: 'silent' },
      ...{ CONCURRENCY: '2', MAX_ATTEMPTS: '2' },
    });
    app = await createApp(config, [ApiModule, tasks.module]);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => {
    files++;
    tasks.ran.length = 0;
    tasks.before = () => Promise.resolve();
  });

  const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const response = await app.inject({ method, url, ...(payload ? { payload } : {}) });
    return { status: response.statusCode, body: response.json<StudyView & { message: string }>() };
  };
  const submit = async (text = yaml()) => {
    const { status, body } = await call('POST', '/studies', {
      yaml: text,
      file: 'study.yaml',
      baseDir: '/data',
    });
    expect(status).toBe(201);
    return body.id;
  };
  const end = async (id: string): Promise<StudyView> => {
    for (;;) {
      const { body } = await call('GET', `/studies/${id}`);
      if (body.status !== 'running') return body;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('gives the log that the jobs of a task kept, and names what is no task', async () => {
    const [kept, none] = ['a'.repeat(32), 'b'.repeat(32)];
    await app.get<Store>(STORE).writeRecord(`tasks/${kept}/log`, new TextEncoder().encode('epoch 1\n'));
    const found = await app.inject({ url: `/tasks/${kept}/log` });
    expect(found.headers['content-type']).toMatch(/^text\/plain/);
    expect(found.body).toBe('epoch 1\n');
    expect(await call('GET', `/tasks/${none}/log`)).toMatchObject({ status: 404 });
    expect(await call('GET', '/tasks/..%2Fstudies/log')).toMatchObject({ status: 400 });
  });

  it('runs a study to its report, each task once', async () => {
    const view = await end(await submit());
    expect(view).toMatchObject({
      name: 'small',
      status: 'finished',
      etaSeconds: null,
      failures: [],
      look: 0,
    });
    expect(view.counts.train).toEqual({ waiting: 0, ready: 0, running: 0, done: 4, failed: 0 });
    expect(kinds(tasks).length).toBe(Object.values(view.counts).reduce((sum, c) => sum + c.done, 0));
    expect(kinds(tasks).at(-1)).toBe('report');
  });

  it('gives the report everything that was found', async () => {
    const id = await submit();
    await end(id);
    const { results } = tasks.ran.at(-1)!.input as {
      results: { key: string; sha256: string; bytes: number };
    };
    const document = await app.get<Store>(STORE).getJson(results, studyResultsSchema);
    expect(document).toMatchObject({ studyId: id, datasets: [{ name: 'knee' }], study: { name: 'small' } });
    expect(document.imports).toMatchObject([{ source: 'others', output: { weights: {} } }]);
    expect(document.trainings.map((t) => [t.source, t.fold])).toEqual([
      ['others', 1],
      ['others', 2],
      ['random', 1],
      ['random', 2],
    ]);
    expect(document.comparisons.map((c) => c.pair)).toContain('random-random');
    for (const asked of [...document.datasets, ...document.imports])
      expect(asked).not.toHaveProperty('taskId');
  });

  it('serves the report and its files, and nothing else', async () => {
    const id = await submit();
    expect((await call('GET', `/studies/${id}/report`)).status).toBe(404);
    await end(id);
    const report = await app.inject({ url: `/studies/${id}/report` });
    expect(report.headers['content-type']).toContain('text/html');
    expect(report.body).toMatch(/^report /);
    expect((await call('GET', `/studies/${id}/files`)).body).toEqual({ files: ['data.txt', 'report.html'] });
    const file = await app.inject({ url: `/studies/${id}/files/data.txt` });
    expect(file.body).toMatch(/^report /);
    const absent = await call('GET', `/studies/${id}/files/..%2f..%2fsecret`);
    expect(absent).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('looks at the files again when a study is submitted again, and repeats nothing else', async () => {
    const id = await submit();
    await end(id);
    const before = kinds(tasks).length;
    expect(await submit()).toBe(id);
    expect(await end(id)).toMatchObject({ status: 'finished', look: 1 });
    expect(kinds(tasks).slice(before)).toEqual(['ingest', 'import']);
  });

  it('shares tasks between studies that differ in nothing that could change them', async () => {
    await Promise.all([end(await submit('# one\n' + yaml('one'))), end(await submit(yaml('two')))]);
    expect(count(tasks, 'train')).toBe(4);
    expect(count(tasks, 'report')).toBe(2);
  });

  it('joins a study that runs', async () => {
    const id = await submit();
    expect(await submit()).toBe(id);
    expect(await end(id)).toMatchObject({ status: 'finished', look: 0 });
    expect(count(tasks, 'ingest')).toBe(1);
  });

  it('names the task that failed, loses what needs it, and goes on with the rest', async () => {
    tasks.before = (kind) =>
      kind === 'import'
        ? Promise.reject(new PlatformError('invalid', 'weights: no tensor "probs"'))
        : Promise.resolve();
    const view = await end(await submit());
    expect(view.status).toBe('failed');
    expect(view.failures).toEqual([
      {
        key: 'import/others',
        taskId: expect.any(String) as string,
        code: 'invalid',
        message: 'weights: no tensor "probs"',
      },
    ]);
    expect(view.counts.train).toMatchObject({ done: 2, failed: 2 });
    expect(view.counts.report).toMatchObject({ failed: 1 });
  });

  it('goes on with a failed study when it is submitted again', async () => {
    tasks.before = (kind) =>
      kind === 'train' ? Promise.reject(new PlatformError('invalid', 'no')) : Promise.resolve();
    const id = await submit();
    expect(await end(id)).toMatchObject({ status: 'failed' });
    tasks.before = () => Promise.resolve();
    await submit();
    expect(await end(id)).toMatchObject({ status: 'finished', failures: [] });
  });

  it('tries again what may come back, and no more often than it may', async () => {
    let left = 1;
    tasks.before = (kind) =>
      kind === 'import' && left-- > 0
        ? Promise.reject(new PlatformError('unavailable', 'later'))
        : Promise.resolve();
    const id = await submit();
    expect(await end(id)).toMatchObject({ status: 'finished' });
    expect(count(tasks, 'import')).toBe(2);
    tasks.before = (kind) =>
      kind === 'ingest' ? Promise.reject(new PlatformError('unavailable', 'never')) : Promise.resolve();
    await submit();
    expect(await end(id)).toMatchObject({
      status: 'failed',
      failures: [{ key: 'ingest/knee', message: 'never' }],
    });
    expect(count(tasks, 'ingest')).toBe(1 + 2);
  });

  it('tells a worker that is late whether a later attempt is wanted, which may go on with its job', async () => {
    const bus = app.get<Bus>(BUS);
    const told: object[] = [];
    const heard = await bus.subscribe(['task.cancelled'], null, ({ message }) => {
      told.push(message);
      return Promise.resolve();
    });
    let left = 1;
    let goOn: (() => void) | undefined;
    tasks.before = (kind) => {
      if (kind !== 'import') return Promise.resolve();
      if (left-- > 0) return Promise.reject(new PlatformError('unavailable', 'later'));
      return new Promise<void>((resolve) => (goOn = resolve));
    };
    const id = await submit();
    await eventually('tried again', () => goOn);
    const { body } = await call('GET', `/studies/${id}/tasks`);
    const list = body as unknown as TaskView[];
    const taskId = list.find(({ key }) => key.startsWith('import/'))?.taskId ?? '';
    await bus.publish('task.progressed', { taskId, attempt: 1, done: 0.5 });
    await eventually('told', () => told.length === 1);
    goOn?.();
    await end(id);
    await bus.publish('task.progressed', { taskId, attempt: 2, done: 0.5 });
    await eventually('told again', () => told.length === 2);
    expect(told).toEqual([
      { taskIds: [taskId], attempt: 1, superseded: true },
      { taskIds: [taskId], attempt: 2 },
    ]);
    await heard.close();
  });

  it('cancels a study, and goes on with it when it is submitted again', async () => {
    let begun: () => void;
    const training = new Promise<void>((resolve) => (begun = resolve));
    tasks.before = (kind, _, signal) => {
      if (kind !== 'train') return Promise.resolve();
      begun();
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    };
    const id = await submit();
    await training;
    expect(await call('POST', `/studies/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect((await call('POST', `/studies/${id}/cancel`)).status).toBe(200);
    tasks.before = () => Promise.resolve();
    await submit();
    expect(await end(id)).toMatchObject({ status: 'finished' });
    expect((await call('POST', `/studies/${id}/cancel`)).body).toMatchObject({ code: 'conflict' });
  });

  it('lists studies and shows the tasks of one, in the order of its plan', async () => {
    const id = await submit();
    await end(id);
    const list = await app.inject({ url: '/studies' });
    expect(list.json<StudySummary[]>()[0]).toMatchObject({ id, name: 'small', status: 'finished' });
    const views = (await app.inject({ url: `/studies/${id}/tasks` })).json<TaskView[]>();
    expect(views[0]).toMatchObject({
      key: 'ingest/knee',
      kind: 'ingest',
      state: 'done',
      deps: [],
      attempt: 1,
      done: 1,
    });
    expect(views.at(-1)).toMatchObject({ key: 'report', state: 'done' });
  });

  it('sends a study as it changes, from where it stands to its end', async () => {
    const id = await submit();
    const { body, headers } = await app.inject({ url: `/studies/${id}/events` });
    expect(headers['content-type']).toContain('text/event-stream');
    const views = body
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as StudyView);
    expect(views[0]).toMatchObject({ id, status: 'running' });
    expect(views.at(-1)).toMatchObject({ id, status: 'finished' });
    expect((await call('GET', '/studies/none/events')).status).toBe(404);
  });

  it('says what is wrong with a request, in words and by a status', async () => {
    expect(await call('GET', '/studies/none')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await call('POST', '/studies', { text: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'invalid' },
    });
    const wrong = { yaml: yaml().replace('busi', 'busy'), file: 'study.yaml', baseDir: '/data' };
    expect(await call('POST', '/studies', wrong)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('study.yaml line 2: targets.knee.layout') as string },
    });
    const homeless = await call('POST', '/studies', { yaml: yaml() });
    expect(homeless.body.message).toContain('study line 2: targets.knee.path: expected an absolute path');
  });

  it('takes the weights that a study asks for by name along with it', async () => {
    const brings = { weights: `/library/${files}.safetensors`, preprocessing: 'torch' };
    const study = {
      yaml: yaml().replace(`weights: ${files}.safetensors`, 'registered: mine'),
      baseDir: '/data',
      weights: [{ name: 'mine', architecture: 'resnet50', brings }],
    };
    const { body } = await call('POST', '/studies', study);
    expect(await end(body.id)).toMatchObject({ status: 'finished' });
    const imported = tasks.ran.find(({ kind }) => kind === 'import');
    expect(imported?.input).toMatchObject({ path: brings.weights });
    expect(await call('POST', '/studies', { ...study, weights: [] })).toMatchObject({
      status: 400,
      body: {
        message: expect.stringContaining(
          'study line 3: sources.others.registered: expected a name',
        ) as string,
      },
    });
  });

  it('takes a whole study too', async () => {
    const { parseStudyFile } = await import('./studies/study-file.js');
    const spec = parseStudyFile(yaml(), { file: 'study.yaml', baseDir: '/data' });
    const { body } = await call('POST', '/studies', { spec });
    expect(await end(body.id)).toMatchObject({ status: 'finished' });
    expect(await submit()).toBe(body.id);
    await end(body.id);
  });

  it('is alive and ready once it has started', async () => {
    expect((await call('GET', '/livez')).status).toBe(200);
    expect((await call('GET', '/readyz')).status).toBe(200);
  });

  it('makes again what a task found damaged, and goes on with what follows from it', async () => {
    const store = app.get<Store>(STORE);
    let damaged = 1;
    tasks.before = async (kind, input) => {
      if (kind !== 'extract') return;
      const { model } = input as { model: { weights?: ArtifactRef } };
      if (!model.weights || damaged-- <= 0) return;
      await store.deleteRecord(model.weights.key);
      throw new PlatformError('corrupt', `${model.weights.key}: found other bytes`);
    };
    const id = await submit();
    expect(await end(id)).toMatchObject({ status: 'finished', failures: [] });
    expect(count(tasks, 'train') + count(tasks, 'import')).toBe(4 + 1 + 1);
    const views = (await app.inject({ url: `/studies/${id}/tasks` })).json<TaskView[]>();
    expect(views.filter(({ state }) => state !== 'done')).toEqual([]);
  });

  it('tries a task again that found its input damaged, when that has been made again since', async () => {
    let damaged = 1;
    tasks.before = (kind) =>
      kind === 'extract' && damaged-- > 0
        ? Promise.reject(new PlatformError('corrupt', 'found other bytes'))
        : Promise.resolve();
    expect(await end(await submit())).toMatchObject({ status: 'finished', failures: [] });
  });

  it('fails a task whose input is damaged for good', async () => {
    tasks.before = (kind) =>
      kind === 'compare'
        ? Promise.reject(new PlatformError('corrupt', 'found other bytes'))
        : Promise.resolve();
    expect(await end(await submit())).toMatchObject({ status: 'failed' });
  });

  it('believes the store, not the message, about what a task put out', async () => {
    let forged = false;
    tasks.before = async (kind) => {
      if (kind !== 'import' || forged) return;
      forged = true;
      const views = (await app.inject({ url: `/studies/${id}/tasks` })).json<TaskView[]>();
      const { taskId, attempt } = views.find(({ key }) => key === 'import/others')!;
      const weights = { key: 'no/such', sha256: 'a'.repeat(64), bytes: 1 };
      const outcome = { ok: true, output: { weights, tensors: 1 } } as const;
      await app.get<Bus>(BUS).publish('task.finished', { taskId: taskId!, attempt, seconds: 1, outcome });
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const id = await submit();
    expect(await end(id)).toMatchObject({ status: 'finished' });
    expect(forged).toBe(true);
    const starts = tasks.ran.map(({ input }) => JSON.stringify(input));
    expect(starts.filter((input) => input.includes('no/such'))).toEqual([]);
  });

  it('knows which workers there are', async () => {
    const [worker] = (await app.inject({ url: '/workers' })).json<WorkerSeen[]>();
    expect(worker?.kinds.find(({ kind }) => kind === 'train')).toMatchObject({ capacity: 2 });
  });

  it('keeps messages that nobody can read, shows them, sends them again and forgets them', async () => {
    const bus = app.get<Bus>(BUS);
    const letters = async () => (await app.inject({ url: '/dead-letters' })).json<DeadLetter[]>();
    const poison = (text: string) =>
      bus.republish({ topic: 'train.requested', key: 'k\0', value: Buffer.from(text) });
    await poison('{"no":"request"}');
    await eventually('a letter is kept', async () => (await letters()).length === 1);
    const [first] = await letters();
    await poison('{"no":"request"}');
    await eventually('heard again', async () => (await letters())[0]?.receivedAt !== first?.receivedAt);
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ topic: 'train.requested', text: '{"no":"request"}', bytes: 16 });
    expect(letter?.reason).toContain('taskId');
    const of = (id: string) => `/dead-letters/${id}`;
    expect(await app.inject({ url: of(letter!.id) })).toMatchObject({ statusCode: 200 });
    await app.inject({ method: 'POST', url: `${of(letter!.id)}/replay` });
    await eventually('it died again', async () => {
      const [again] = await letters();
      return again && again.receivedAt !== letter!.receivedAt;
    });
    expect(await app.inject({ method: 'DELETE', url: of(letter!.id) })).toMatchObject({ statusCode: 204 });
    expect(await app.inject({ method: 'DELETE', url: of(letter!.id) })).toMatchObject({ statusCode: 404 });
    expect(await letters()).toEqual([]);
  });

  it('keeps the beginning of a message that is too long, and does not send that', async () => {
    const value = Buffer.alloc(300_000, 'x');
    await app.get<Bus>(BUS).republish({ topic: 'task.finished', key: '', value });
    const letters = async () => (await app.inject({ url: '/dead-letters' })).json<DeadLetter[]>();
    await eventually('it is kept', async () => (await letters()).length === 1);
    const [{ id, bytes, kept }] = (await letters()) as [DeadLetter];
    expect([bytes, kept]).toEqual([300_000, 262_144]);
    const replay = await call('POST', `/dead-letters/${id}/replay`);
    expect(replay).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('262144') as string },
    });
  });

  it('is not moved by messages about tasks that nobody knows', async () => {
    const bus = app.get<Bus>(BUS);
    await bus.publish('task.progressed', { taskId: 'x', attempt: 1, done: 0.5 });
    await bus.publish('task.finished', {
      taskId: 'x',
      attempt: 1,
      seconds: 1,
      outcome: { ok: true, output: {} },
    });
    expect(await end(await submit())).toMatchObject({ status: 'finished' });
  });
});
