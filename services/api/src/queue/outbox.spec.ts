import type { TaskKind } from '@palimpsest/contracts';
import { openDatabase } from '@palimpsest/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../database/migrations.js';
import type { Database, Tables, TasksTable } from '../database/schema.js';
import { Outbox } from './outbox.js';

const leaseMs = 60_000;
const needs = { cpus: 1, memoryBytes: 1, gpus: 0 };

describe('the outbox', () => {
  let db: Database;
  let now: Date;
  let published: { taskId: string; attempt: number; gang?: string }[];
  let refuse: (taskId: string) => boolean;
  let capacity: (kind: TaskKind) => number | undefined;

  beforeAll(async () => {
    db = await openDatabase<Tables>({ DATABASE_URL: 'pglite:memory' }, migrations);
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    await db.deleteFrom('tasks').execute();
    await db.deleteFrom('studies').execute();
    await study('s');
    capacity = () => 1000;
    now = new Date('2026-01-01T00:00:00Z');
    published = [];
    refuse = () => false;
  });

  const pass = (seconds: number) => (now = new Date(now.getTime() + 1000 * seconds));
  const outbox = (durable = true) =>
    new Outbox({
      ...{ db, durable, leaseMs, now: () => Promise.resolve(now) },
      capacity: (kind) => capacity(kind),
      traced: (_, send) => send(),
      publish: (_, message) => {
        const { taskId, attempt, gang } = message as (typeof published)[number];
        if (refuse(taskId)) return Promise.reject(new Error('the broker is gone'));
        published.push({ taskId, attempt, ...(gang !== undefined && { gang }) });
        return Promise.resolve();
      },
    });
  const study = (id: string, priority = 0, status: 'running' | 'cancelled' = 'running') =>
    db
      .insertInto('studies')
      .values({ id, name: id, spec: '{}', status, look: 0, priority, created_at: new Date(0) })
      .execute();
  const task = (
    id: string,
    fields: Partial<Pick<TasksTable, 'kind' | 'next_at' | 'last_attempt' | 'study_id' | 'gang'>> = {},
  ) =>
    db
      .insertInto('tasks')
      .values({
        ...{ id, kind: 'train', version: 1, input: '{}', needs: JSON.stringify(needs), study_id: 's' },
        ...{ status: 'ready', attempt: 0, last_attempt: 3, next_at: now, ...fields },
      })
      .execute();
  const read = (id: string) =>
    db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const begun = (id: string) => db.updateTable('tasks').set({ progress: 0 }).where('id', '=', id).execute();

  it('sends what is ready, once, in the order in which it became known', async () => {
    for (const id of ['b', 'a', 'c']) await task(id);
    expect(await outbox().dispatch()).toBe(3);
    expect(published).toEqual(['b', 'a', 'c'].map((taskId) => ({ taskId, attempt: 1 })));
    expect(await outbox().dispatch()).toBe(0);
    expect(await read('a')).toMatchObject({
      status: 'sent',
      attempt: 1,
      lease_until: new Date(now.getTime() + leaseMs),
    });
  });

  it('says whom a task is best begun with', async () => {
    await task('a', { gang: 'cell' });
    await outbox().dispatch();
    expect(published).toEqual([{ taskId: 'a', attempt: 1, gang: 'cell' }]);
  });

  it('sends more than it takes at a time', async () => {
    for (let i = 0; i < 130; i++) await task(`t${i}`);
    expect(await outbox().dispatch()).toBe(130);
  });

  it('waits as long as a retry must', async () => {
    await task('later', { next_at: new Date(now.getTime() + 5000) });
    expect(await outbox().dispatch()).toBe(0);
    pass(5);
    expect(await outbox().dispatch()).toBe(1);
  });

  it('keeps what it could not send, which costs no attempt', async () => {
    for (const id of ['a', 'b', 'c']) await task(id);
    refuse = (id) => id === 'b';
    await expect(outbox().dispatch()).rejects.toThrow('the broker is gone');
    expect(await read('b')).toMatchObject({ status: 'ready', attempt: 0 });
    expect(await read('c')).toMatchObject({ status: 'ready', attempt: 0 });
    refuse = () => false;
    pass(1);
    await outbox().dispatch();
    expect(published.map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c']);
  });

  it('gives up an attempt whose worker fell silent, not one that is alive', async () => {
    await task('silent');
    await task('alive');
    await outbox().dispatch();
    await begun('silent');
    await db
      .updateTable('tasks')
      .set({ progress: 0.5, lease_until: new Date(now.getTime() + 2 * leaseMs) })
      .where('id', '=', 'alive')
      .execute();
    expect(await outbox().sweep()).toEqual([]);
    pass(60);
    expect(await outbox().sweep()).toEqual([
      {
        taskId: 'silent',
        kind: 'train',
        attempt: 1,
        seconds: null,
        outcome: {
          ok: false,
          code: 'unavailable',
          message: 'its worker fell silent in attempt 1',
          retry: true,
          interrupted: true,
        },
      },
    ]);
  });

  it('leaves alone what waits in a queue that moves', async () => {
    await task('queued');
    await task('running');
    await outbox().dispatch();
    await db
      .updateTable('tasks')
      .set({ progress: 0.1, lease_until: new Date(now.getTime() + 2 * leaseMs) })
      .where('id', '=', 'running')
      .execute();
    pass(60);
    capacity = () => 1;
    expect(await outbox().sweep()).toEqual([]);
    await outbox().sendElsewhere();
    expect(await read('queued')).toMatchObject({ status: 'sent' });
  });

  it('leaves alone what waits for a worker that is yet to come', async () => {
    capacity = () => undefined;
    await task('queued');
    await outbox().dispatch();
    pass(600);
    await outbox().sendElsewhere();
    expect(await read('queued')).toMatchObject({ status: 'sent', attempt: 1 });
  });

  it('sends again what nobody took, without counting it as tried', async () => {
    await task('lost', { last_attempt: 1 });
    await outbox().dispatch();
    pass(60);
    expect(await outbox().sweep()).toEqual([]);
    await outbox().sendElsewhere();
    await outbox().dispatch();
    expect(published).toEqual([
      { taskId: 'lost', attempt: 1 },
      { taskId: 'lost', attempt: 2 },
    ]);
    expect(await read('lost')).toMatchObject({ status: 'sent', last_attempt: 2 });
  });

  it('sends anew what stands behind a busy worker while another is idle, later each time', async () => {
    for (const id of ['a', 'b', 'c']) await task(id);
    await outbox().dispatch();
    await begun('a');
    capacity = () => 2;
    pass(4);
    await outbox().sendElsewhere();
    expect(await outbox().dispatch()).toBe(0);
    pass(1);
    await outbox().sendElsewhere();
    expect(await outbox().dispatch()).toBe(1);
    expect(published.at(-1)).toEqual({ taskId: 'b', attempt: 2 });
    pass(5);
    await outbox().sendElsewhere();
    await outbox().dispatch();
    expect(published.at(-1)).toEqual({ taskId: 'c', attempt: 2 });
    pass(5);
    await outbox().sendElsewhere();
    await outbox().dispatch();
    expect(published.at(-1)).toEqual({ taskId: 'b', attempt: 3 });
  });

  it('sends no more of a kind than twice what its workers can do at once', async () => {
    for (let i = 0; i < 9; i++) await task(`t${i}`);
    for (let i = 0; i < 9; i++) await task(`r${i}`, { kind: 'report' });
    capacity = (kind) => (kind === 'train' ? 2 : 1);
    expect(await outbox().dispatch()).toBe(4 + 2);
    expect(await outbox().dispatch()).toBe(0);
    await db.updateTable('tasks').set({ status: 'done' }).where('id', '=', 't0').execute();
    await outbox().dispatch();
    expect(published.at(-1)).toEqual({ taskId: 't4', attempt: 1 });
  });

  it('sends a few of what nobody can do yet', async () => {
    for (let i = 0; i < 30; i++) await task(`t${i}`);
    capacity = () => undefined;
    expect(await outbox().dispatch()).toBe(12);
  });

  it('serves studies in turn, and those of a higher priority before all others', async () => {
    await study('late');
    await study('urgent', 1);
    for (const id of ['s1', 's2', 's3', 's4']) await task(id);
    for (const id of ['l1', 'l2', 'l3']) await task(id, { study_id: 'late' });
    await task('u1', { study_id: 'urgent' });
    capacity = () => 2;
    await outbox().dispatch();
    expect(published.map(({ taskId }) => taskId)).toEqual(['u1', 's1', 'l1', 's2']);
    await db.updateTable('tasks').set({ status: 'done' }).where('id', 'in', ['u1', 's1', 's2']).execute();
    published = [];
    await outbox().dispatch();
    expect(published.map(({ taskId }) => taskId)).toEqual(['s3', 's4', 'l2']);
  });

  it('takes up what died with the process, where messages die with it', async () => {
    await task('a');
    await outbox().dispatch();
    await outbox(true).recover();
    expect(await read('a')).toMatchObject({ status: 'sent' });
    await outbox(false).recover();
    expect(await read('a')).toMatchObject({ status: 'ready', lease_until: null });
  });
});
