import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config.js';
import { openStore } from '../../drivers.js';
import { LetGo, type Job } from '../jobs.js';
import { openKubernetesJobs } from './kubernetes-jobs.js';

const job: Job = { kind: 'compare', taskId: '0'.repeat(32), needs: someResources };

describe('Kubernetes jobs whose API server is away', () => {
  let folder: string;
  const servers: Server[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'palimpsest-jobs-'));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, { recursive: true });
  });

  async function open(port: number, options = '&owner=release') {
    const server = `http://127.0.0.1:${port}`;
    const cluster = { name: 'away', cluster: { server, 'insecure-skip-tls-verify': true } };
    const context = { name: 'away', context: { cluster: 'away', user: 'me' } };
    const KUBECONFIG = await write('kubeconfig', {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'away' },
      ...{ clusters: [cluster], contexts: [context], users: [{ name: 'me', user: {} }] },
    });
    const containers = [{ name: 'task', image: 'a' }];
    const spec = { template: { spec: { containers } } };
    const template = await write('job.yaml', { apiVersion: 'batch/v1', kind: 'Job', spec });
    const JOBS_URL = `kubernetes:?namespace=studies&template=${template}${options}`;
    const STORE_URL = `file:${folder}/store`;
    return openKubernetesJobs({
      ...{ config: loadConfig({ JOBS_URL, STORE_URL }), store: openStore(STORE_URL) },
      ...{ log: pino({ level: 'silent' }), env: { KUBECONFIG } },
    });
  }
  async function write(name: string, content: object): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, JSON.stringify(content));
    return file;
  }
  async function listening(): Promise<Server> {
    const server = createServer();
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  /** Of nobody. */
  async function freePort(): Promise<number> {
    const server = await listening();
    const port = portOf(server);
    await once(server.close(), 'close');
    return port;
  }

  it('open with an owner, let go of what waits, and close at once', async () => {
    const jobs = await open(await freePort());
    await jobs.open();
    const stop = new AbortController();
    const said: (string | undefined)[] = [];
    const run = jobs.run(job, stop.signal, (what) => said.push(what));
    const caught = expect(run).rejects.toMatchObject({ name: 'AbortError' });
    await eventually('it waits', () => said.join().includes('ECONNREFUSED'));
    stop.abort(new LetGo('the service stops'));
    await caught;
    await jobs.close();
  }, 20_000);

  it('close at once where it takes connections and does not answer, while they open and after', async () => {
    for (const [options, end] of [
      ['&owner=release', { status: 'rejected', reason: { name: 'AbortError' } }],
      ['', { status: 'fulfilled' }],
    ] as const) {
      const server = await listening();
      const asked = once(server, 'connection');
      const jobs = await open(portOf(server), options);
      const opening = Promise.allSettled([jobs.open()]);
      await asked;
      const began = performance.now();
      await jobs.close();
      expect(await opening).toMatchObject([end]);
      // An answer would be waited for for 30 s.
      expect(performance.now() - began).toBeLessThan(10_000);
    }
  }, 40_000);
});
