import type { Study, TaskInput } from '@palimpsest/contracts';
import { openDatabase, openStore } from '@palimpsest/platform';
import { someResources } from '@palimpsest/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../database/migrations.js';
import type { Database, Tables } from '../database/schema.js';
import type { ResolvableNode } from '../plan/node.js';
import { advance } from './advance.js';

describe('the tasks of a study', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openDatabase<Tables>({ DATABASE_URL: 'pglite:memory' }, migrations);
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    await db.deleteFrom('nodes').execute();
    await db.deleteFrom('tasks').execute();
    await db.deleteFrom('studies').execute();
    for (const id of ['s', 't'])
      await db
        .insertInto('studies')
        .values({ id, name: id, spec: '{}', status: 'running', look: 0, created_at: new Date(0) })
        .execute();
  });

  const aNode = (fold: number, { gpus = 0, source = 'others', seed = 0 } = {}): ResolvableNode<'train'> => ({
    ...{ key: `train/${source}/${fold}/${seed}`, kind: 'train', deps: [] },
    about: { kind: 'train', target: 'knee', source, strategy: 'finetune', fold, ...(seed > 0 && { seed }) },
    ...{ needs: { ...someResources, gpus }, estimate: { seconds: 1, bytes: 1 } },
    // All that matters of an input here is which others it differs from.
    resolve: () => ({ fold, source, seed }) as unknown as TaskInput<'train'>,
  });

  /** Begins a study of these nodes. */
  const begin = (nodes: ResolvableNode<'train'>[], id = 's') =>
    db.transaction().execute(async (trx) => {
      const plan = { nodes, byKey: new Map(nodes.map((node) => [node.key, node])), readers: new Map() };
      const ports = { trx, store: openStore('memory:'), now: new Date(0), maxAttempts: 3 };
      await advance({ id, study: {} as Study, plan }, { standing: new Map(), changed: new Set() }, ports);
    });
  const rows = () => db.selectFrom('tasks').selectAll().orderBy('number').execute();

  it('belong to one gang where they differ in their fold alone', async () => {
    await begin([aNode(1), aNode(2), aNode(1, { source: 'random' }), aNode(1, { seed: 1 })]);
    const [first, second, ...others] = (await rows()).map(({ gang }) => gang);
    expect(first).toBe('s/knee/others/finetune/all/0');
    expect(second).toBe(first);
    expect(others).toEqual(['s/knee/random/finetune/all/0', 's/knee/others/finetune/all/1']);
  });

  it('need what the study that tries them again says, and are in its gang', async () => {
    await begin([aNode(1), aNode(2)]);
    const before = await rows();
    await db
      .updateTable('tasks')
      .set({ status: 'failed', attempt: 1 })
      .where('id', '=', before[0]!.id)
      .execute();
    await begin([aNode(1, { gpus: 2 }), aNode(2, { gpus: 2 })], 't');
    const after = await rows();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    for (const { needs, gang, status } of after) {
      expect(needs).toEqual({ ...someResources, gpus: 2 });
      expect(gang).toBe('t/knee/others/finetune/all/0');
      expect(status).toBe('ready');
    }
  });
});
