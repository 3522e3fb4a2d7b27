import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { Module } from '@nestjs/common';
import {
  BUS,
  createApp,
  loadConfig,
  PlatformModule,
  TaskRecords,
  taskService,
  type Bus,
} from '@palimpsest/platform';
import { aCompareInput, aRequest, eventually } from '@palimpsest/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { definitions } from '../../libs/platform/src/tasks/tasks.fixture.js';
import { missing, startLab, type Lab } from './lab/lab.mjs';
import { corner, type Corner } from './support/corner.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const reason = missing();

@Module({ imports: [PlatformModule], providers: taskService(definitions) })
class CompareModule {}

describe.skipIf(reason)(
  `a service whose jobs are in Kubernetes${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await startLab();
      return () => lab.remove();
    });
    afterEach(() => vi.unstubAllEnvs());

    async function start(place: Corner, more: Record<string, string> = {}, options = {}) {
      vi.stubEnv('KUBECONFIG', place.kubeconfig);
      const JOBS_URL = await place.urlFor({ annotations: { 'lab/hold': 'yes' }, options });
      const settings = { JOBS_URL, STORE_URL: place.storeUrl, LOG_LEVEL: 'silent', ...more };
      const app = await createApp(loadConfig(settings), [CompareModule]);
      await app.init();
      const bus = app.get<Bus>(BUS);
      const told: string[] = [];
      const finished: unknown[] = [];
      await bus.subscribe(['task.progressed', 'task.finished'], 'api', ({ topic, message }) => {
        if (topic === 'task.progressed') told.push(message.message ?? '');
        else finished.push(message);
        return Promise.resolve();
      });
      const ask = (gpus: number) =>
        bus.publish('compare.requested', {
          ...aRequest({ taskId: 'a', input: aCompareInput() }),
          needs: { cpus: 1, memoryBytes: 1e8, gpus },
        });
      return { app, bus, told, finished, ask };
    }
    const jobs = async (place: Corner) => (await place.kubectl('get', 'jobs', '-o', 'name')).trim();

    it('leaves its job to the next when it stops', async () => {
      const place = await corner(lab);
      const first = await start(place);
      await first.ask(0);
      await eventually('made', () => jobs(place), 30_000);
      const uid = await place.kubectl('get', 'jobs', '-o', 'jsonpath={.items[*].metadata.uid}');
      await first.app.close();
      expect(await place.kubectl('get', 'jobs', '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(uid);
      const second = await start(place);
      await second.ask(0);
      const followed = () => place.kubectl('get', 'jobs', '-o', 'jsonpath={.items[*].metadata.annotations}');
      await eventually('adopted', async () => (await followed()).includes('palimpsest/followed'), 30_000);
      const coefficients = await place.store.putJson('coefficients', {});
      await new TaskRecords(place.store, 'a').writeOutput({
        seconds: 1,
        output: { layers: [], coefficients },
      });
      await eventually('a pod', () => place.kubectl('get', 'pods', '-o', 'name'), 30_000);
      await place.kubectl('annotate', 'pods', '--all', 'lab/hold-');
      await eventually('finished', () => second.finished.length > 0, 30_000);
      expect(second.finished).toMatchObject([{ taskId: 'a', outcome: { ok: true } }]);
      await second.app.close();
    });

    it('starts while the API server is away, says so, and stops at once, also where Jobs have an owner', async () => {
      const place = await corner(lab);
      const kubeconfig = `${place.kubeconfig}.away`;
      const text = await readFile(place.kubeconfig, 'utf8');
      await writeFile(kubeconfig, text.replace(/https:\/\/[\w.]+:\d+/, 'https://127.0.0.1:1'));
      const { app, told, ask } = await start({ ...place, kubeconfig }, {}, { owner: 'release' });
      await ask(0);
      const words = 'Kubernetes: no answer from the API server';
      await eventually('it says so', () => told.some((each) => each.startsWith(words)), 30_000);
      const began = performance.now();
      await app.close();
      expect(performance.now() - began).toBeLessThan(10_000);
    });

    it('says what a job waits for, never gives it up for that, and leaves nothing of it when it is cancelled', async () => {
      const place = await corner(lab);
      const { app, bus, told, finished, ask } = await start(place, { STALL_SECONDS: '2' });
      await ask(8);
      await eventually(
        'it says so',
        () => told.some((words) => words.startsWith('waits for 8 GPUs')),
        30_000,
      );
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect(finished).toEqual([]);
      await bus.publish('task.cancelled', { taskIds: ['a'], attempt: 1 });
      await eventually('gone', async () => (await jobs(place)) === '', 30_000);
      await app.close();
    });
  },
);
