import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { taskKinds, topicNames } from '@palimpsest/contracts';
import { openStore } from '@palimpsest/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, serviceNames, until } from './chaos/deployment.mjs';
import { alterObject, killServer, messagesOf, poisons, stranger } from './chaos/faults.mjs';
import { reference, trial, type Reference } from './chaos/trial.mjs';
import { startFaultyProxy, type FaultyProxy } from './faults/http-proxy.js';
import { missing } from './servers/servers.mjs';
import { noSmallDisk, smallDisk } from './support/small-disk.js';
import { randomFrom } from '../support/random.mjs';

const lacks = (['kafka', 'minio', 'postgres'] as const).map((name) => missing(name)).find((reason) => reason);
const title = `a study over services as processes of their own${lacks ? ` (skipped: ${lacks})` : ''}`;

/** The library that sets the clock of one program; undefined where this machine has none. */
function clockLibrary(): string | undefined {
  try {
    return execFileSync('faketime', ['-f', '+1h', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Writes to a file until its disk is full. */
function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(2 ** 18));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** Tasks of the study: two ingestions, seven trainings, eleven extractions, fourteen comparisons, a report. */
const TASKS = 35;

describe.skipIf(lacks)(title, { timeout: 800_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-faults-'));
  const random = randomFrom(4);
  const moment = () => 1 + Math.floor(random() * (TASKS - 10));
  let disk: Awaited<ReturnType<typeof smallDisk>> | undefined;
  let undisturbed: Reference;
  let deployment: Deployment;

  beforeAll(async () => {
    undisturbed = await reference(folder);
    disk = noSmallDisk ? undefined : await smallDisk(512);
    deployment = await Deployment.start({
      folder,
      ...(disk && { objects: path.join(disk.folder, 'minio') }),
    });
  }, 600_000);
  /** One that did not come back fails one test, not all that follow. */
  beforeEach(async () => {
    await Promise.all(Object.values(deployment.servers).map((server) => server.start()));
  });
  afterAll(async () => {
    await (deployment as Deployment | undefined)?.close();
    await disk?.remove();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('ends in the report that one process makes, with nothing left behind', async () => {
    const problems = await trial(deployment, undisturbed, { disturb: () => Promise.resolve() });
    expect(problems).toEqual([]);
    expect(await deployment.query('select * from dead_letters')).toEqual([]);
  });

  it('so it does when every service is killed, at seeded moments', async () => {
    const kills = [...serviceNames, 'training', 'api'].map((name) => ({ name, after: moment() }));
    kills.sort((a, b) => a.after - b.after);
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      for (const kill of kills) {
        await after(kill.after);
        deployment.signal(kill.name);
      }
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
  });

  it.each(['kafka', 'postgres', 'minio'] as const)('when %s is killed and comes back', async (server) => {
    const [first, second] = [4, 20];
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(first);
      await killServer(deployment, server, 500);
      if (await after(second)) await killServer(deployment, server, 3000);
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
  });

  it('when the broker is away for a minute', async () => {
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(6);
      await killServer(deployment, 'kafka', 60_000);
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
  });

  it('when artifacts are altered and cut short: they are found, named, set aside and made again', async () => {
    const disturb = async ({
      after,
      altered,
    }: {
      after: (n: number) => Promise<boolean>;
      altered: Set<string>;
    }) => {
      for (const [count, prefix] of [
        [5, 'checkpoints/'],
        [8, 'pixels/'],
        [12, 'activations/'],
        [15, 'checkpoints/'],
      ] as const) {
        if (!(await after(count))) return;
        const key = await alterObject(deployment, prefix, random);
        if (key !== undefined) altered.add(key);
      }
      expect(altered.size).toBeGreaterThan(0);
    };
    expect(await trial(deployment, undisturbed, { disturb, allowed: ['corrupt'] })).toEqual([]);
  });

  it('when two api processes lead it, of which one is killed again and again', async () => {
    await deployment.serve([{ name: 'api-2', service: 'api' }]);
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      for (const count of [3, 9, 14, 20]) {
        if (!(await after(count))) return;
        deployment.signal(count % 2 ? 'api-2' : 'api');
      }
    };
    expect(await trial(deployment, undisturbed, { disturb, api: 'api-2' })).toEqual([]);
    await deployment.stop('api-2');
  });

  it('when poison of every kind is in every topic: it is kept as dead letters, and moves nobody', async () => {
    const strange = await stranger(deployment);
    const topics = topicNames.filter((topic) => topic !== 'task.dead');
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(3);
      for (const topic of topicNames) await strange.producer.send({ topic, messages: poisons(topic) });
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
    const expected = topics.length * poisons('').length;
    await until('all are kept', 30, async () => {
      const [row] = await deployment.query<{ n: number }>('select count(*)::integer as n from dead_letters');
      return row?.n === expected;
    });
    await strange.close();
  });

  it('when somebody tells lies about its tasks', async () => {
    const strange = await stranger(deployment);
    const lie = (topic: string, data: object) =>
      strange.producer.send({ topic, messages: [{ key: 'lie', value: JSON.stringify(data) }] });
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(2);
      const tasks = await deployment.query<{ id: string; attempt: number }>('select id, attempt from tasks');
      for (const { id: taskId, attempt } of tasks) {
        await lie('task.finished', {
          taskId,
          attempt,
          seconds: 1,
          outcome: { ok: true, output: { made: 'up' } },
        });
        await lie('task.progressed', { taskId, attempt: attempt + 100, done: 1 });
      }
      const taskIds = tasks.map(({ id }) => id);
      await lie('task.cancelled', { taskIds });
      await lie('worker.seen', {
        worker: 'ghost',
        release: '9',
        stopping: false,
        kinds: [{ kind: 'train', version: 1, capacity: 500, running: 0 }],
      });
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
    await strange.close();
  });

  it('when its messages come twice and in another order', async () => {
    const strange = await stranger(deployment);
    // Not those of the studies before: their tasks have the same names and numbers.
    const begin = Date.now();
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      for (const count of [8, 22]) {
        if (!(await after(count))) return;
        for (const topic of [
          ...taskKinds.map((kind) => `${kind}.requested`),
          'task.finished',
          'task.progressed',
        ]) {
          const messages = (await messagesOf(strange, topic, begin)).slice(-60).reverse();
          if (messages.length > 0) await strange.producer.send({ topic, messages });
        }
      }
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
    await strange.close();
  });

  it('when every service is replaced by the next version while it runs', async () => {
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(3);
      for (const name of serviceNames) await deployment.restart(name);
    };
    expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
  });

  it('when workers come and go: a second one shares the work within seconds', async () => {
    const begun = async () => {
      const text = `select count(*)::integer as n from tasks where kind = 'train' and status = 'sent' and progress is not null`;
      return (await deployment.query<{ n: number }>(text))[0]?.n ?? 0;
    };
    // So many trainings that the second one, which has to start, finds enough of them left.
    const longer = await reference(path.join(folder, 'longer'), { folds: 6 });
    const one = { CONCURRENCY: '1' };
    await deployment.stop('training');
    await deployment.serve([{ name: 'training', service: 'training', env: one }]);
    const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
      await after(2);
      await deployment.serve([{ name: 'training-2', service: 'training', env: one }]);
      await until('both train at once', 15, async () => (await begun()) === 2);
      await after(6);
      await deployment.stop('training-2');
    };
    expect(await trial(deployment, longer, { disturb })).toEqual([]);
  });

  it.skipIf(noSmallDisk)(
    `when the disk of the store is full for a while (${noSmallDisk ?? 'tmpfs'})`,
    async () => {
      const ballast = path.join(disk?.folder ?? '', 'ballast');
      const full = `select count(*)::integer as n from tasks where error->>'message' like '%the store is full%'`;
      const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
        await after(5);
        try {
          await until('a task says so', 60, async () => {
            fill(ballast);
            return (await deployment.query<{ n: number }>(full))[0]?.n;
          });
        } finally {
          rmSync(ballast, { force: true });
        }
      };
      expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
    },
  );

  describe('behind a proxy to the store', () => {
    let proxy: FaultyProxy;
    beforeAll(async () => {
      const { env, servers } = deployment;
      proxy = await startFaultyProxy({ target: `http://127.0.0.1:${servers.minio.port}`, seed: 4 });
      await deployment.serveWith({
        STORE_URL: env['STORE_URL']?.replace(`${servers.minio.port}`, `${proxy.port}`) ?? '',
      });
    }, 400_000);
    afterAll(async () => {
      await deployment.serveWith({});
      await proxy.close();
    }, 400_000);

    it('when it answers 503, slowly, with half a body, or hangs up', async () => {
      proxy.setFaults([
        { share: 0.1, kind: 'status', status: 503 },
        { share: 0.1, kind: 'delay', ms: 300 },
        { share: 0.05, kind: 'cut', keep: 0.5 },
        { share: 0.05, kind: 'reset' },
        { share: 0.05, kind: 'reset', after: true },
      ]);
      const disturb = () => Promise.resolve();
      expect(await trial(deployment, undisturbed, { disturb, allowed: ['corrupt'] })).toEqual([]);
      const { status, delay, cut, reset } = proxy.happened;
      expect(Math.min(status, delay, cut, reset)).toBeGreaterThan(5);
    });

    it('when the bucket may only be read: it fails and says so, and goes on once it may be written', async () => {
      const disturb = async ({ after }: { after: (n: number) => Promise<boolean> }) => {
        await after(8);
        const methods = ['PUT', 'POST', 'DELETE'];
        proxy.setFaults([{ share: 1, kind: 'status', status: 403, code: 'AccessDenied', methods }]);
      };
      proxy.setFaults([]);
      const problems = await trial(deployment, undisturbed, { disturb });
      expect(problems[0]).toMatch(/the store does not allow it \(403 AccessDenied/);
      proxy.setFaults([]);
      const undo = () => Promise.resolve();
      expect(await trial(deployment, undisturbed, { disturb: undo, fresh: false })).toEqual([]);
    });
  });

  const library = clockLibrary();
  it.skipIf(!library)(
    `when clocks are an hour apart${library ? '' : ' (skipped: no faketime)'}`,
    async () => {
      // A shared folder for a store: an object store turns away whose clock is a quarter of an hour off.
      const STORE_URL = `file:${path.join(folder, 'shared')}`;
      const ahead = { LD_PRELOAD: library ?? '', FAKETIME: '+3600s', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
      deployment.store = openStore(STORE_URL);
      for (const name of serviceNames) await deployment.stop(name);
      await deployment.serve(
        serviceNames.map((service) => ({
          ...{ name: service, service },
          env: { STORE_URL, ...(service === 'api' ? ahead : {}) },
        })),
      );
      const disturb = () => Promise.resolve();
      expect(await trial(deployment, undisturbed, { disturb })).toEqual([]);
    },
  );
});
