import { openDatabase, openStore } from '@palimpsest/platform';
import { someResources } from '@palimpsest/testing';
import { afterAll, beforeAll, expect, it, describe } from 'vitest';
import { migrations } from '../database/migrations.js';
import type { Database, Tables } from '../database/schema.js';
import { Studies } from './studies.service.js';

describe('studies', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openDatabase<Tables>({ DATABASE_URL: 'pglite:memory' }, migrations);
  });
  afterAll(() => db.destroy());

  it('give a task another attempt for each that memory ended where the next makes do with half', async () => {
    const now = new Date(0);
    const study = { id: 's', name: 's', spec: '{}', status: 'running', look: 0, created_at: now } as const;
    await db.insertInto('studies').values(study).execute();
    const task = { id: 't', kind: 'train', version: 1, input: '{}', study_id: 's', status: 'sent' } as const;
    const needs = JSON.stringify(someResources);
    await db
      .insertInto('tasks')
      .values({ ...task, needs, attempt: 3, last_attempt: 3, next_at: now })
      .execute();
    const studies = new Studies({
      ...{ db, store: openStore('memory:'), now: () => Promise.resolve(now), leaseMs: 1000 },
      ...{ maxAttempts: 3, maxInterruptions: 0, gpusPerJob: 0, abandon: () => Promise.resolve() },
    });
    const outcome = { ok: false, code: 'unavailable', message: 'memory ran out', retry: true } as const;
    const told = { taskId: 't', attempt: 3, seconds: null };
    await studies.finished({ ...told, outcome: { ...outcome, halves: true } });
    const read = () => db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
    expect(await read()).toMatchObject({ status: 'ready', attempt: 3, last_attempt: 4, interruptions: 0 });
    await db.updateTable('tasks').set({ status: 'sent', attempt: 4 }).execute();
    await studies.finished({ ...told, attempt: 4, outcome });
    expect(await read()).toMatchObject({ status: 'failed', last_attempt: 4 });
  });
});
