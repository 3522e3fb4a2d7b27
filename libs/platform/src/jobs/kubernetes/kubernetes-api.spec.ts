import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { KubernetesApi } from './kubernetes-api.js';
import { Transport } from './transport.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

interface Asked {
  method: string;
  url: string;
  body: string;
}
type Answer = (asked: Asked, response: ServerResponse) => void;

async function serve(answer: Answer) {
  const asked: Asked[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one = { method: request.method ?? '', url: request.url ?? '', body };
    asked.push(one);
    answer(one, response);
  };
  const server = createServer((request, response) => void handle(request, response));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  const cluster = { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
  config.loadFromClusterAndUser(cluster, { name: 'me' });
  return { asked, api: new KubernetesApi(new Transport(config), 'studies') };
}
const json =
  (value: unknown, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status).end(JSON.stringify(value));
  };

describe('the API of Kubernetes', () => {
  it('is told how to delete a Job in a body that arrives', async () => {
    const { api, asked } = await serve(json({}));
    await api.deleteJob({ name: 'a', uid: '1', propagation: 'Foreground' });
    const path = '/apis/batch/v1/namespaces/studies/jobs/a';
    expect(asked).toMatchObject([{ method: 'DELETE', url: path }]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      ...{ propagationPolicy: 'Foreground', preconditions: { uid: '1' } },
    });
  });

  it.each([
    [403, 'jobs.batch is forbidden', 'denied'],
    [403, 'exceeded quota: small', 'unavailable'],
    [401, 'Unauthorized', 'denied'],
    [404, 'namespaces "studies" not found', 'not-found'],
    [409, 'already exists', 'conflict'],
    [422, 'spec.template: Required value', 'invalid'],
    [429, 'too many requests', 'unavailable'],
    [500, 'etcdserver: request timed out', 'unavailable'],
  ])('says what %d "%s" means', async (status, message, code) => {
    const { api } = await serve(json({ kind: 'Status', message }, status));
    await expect(api.createJob({})).rejects.toMatchObject({
      code,
      status,
      message: `Kubernetes: ${message}`,
    });
  });

  it('takes what is gone for no error', async () => {
    const { api } = await serve(json({ message: 'not found' }, 404));
    expect(await api.readJob('a')).toBeUndefined();
    expect(await api.podLog('a', 'task')).toBeUndefined();
    await api.deleteJob({ name: 'a', uid: '1', propagation: 'Foreground' });
    expect(await api.annotateJob('a', {})).toBeUndefined();
    await api.deletePod('a');
  });

  it('knows who owns by a uid', async () => {
    const there = await serve(json({ metadata: { name: 'release', uid: '7' } }));
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid: '7' };
    expect(await there.api.ownerOf('release')).toEqual(owner);
    expect(there.asked).toMatchObject([{ url: '/api/v1/namespaces/studies/configmaps/release' }]);
    const { api } = await serve(json({ message: 'not found' }, 404));
    expect(await api.ownerOf('release')).toBeUndefined();
  });

  it('says when there is no answer', async () => {
    const { api } = await serve((_, response) => void response.destroy());
    await expect(api.version()).rejects.toMatchObject({ code: 'unavailable', status: 0 });
  });

  it('tells changes one by one, wherever the lines break, and when they break off', async () => {
    const { api } = await serve((_, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"na');
      setTimeout(() => response.write('me":"a"}}}\n{"type":"DELETED","object":{}}\n{"type":'), 20);
      setTimeout(() => response.destroy(), 60);
    });
    const from = { labelSelector: 'a=b', version: '7' };
    const changes = await api.watch('jobs', from, new AbortController().signal);
    const seen: string[] = [];
    const follow = async () => {
      for await (const { type, object } of changes) seen.push(`${type} ${object.metadata?.name ?? ''}`);
    };
    await expect(follow()).rejects.toMatchObject({ code: 'unavailable' });
    expect(seen).toEqual(['ADDED a', 'DELETED ']);
  });

  it('gives warnings of a Job in the order of their time', async () => {
    const at = (lastTimestamp: string, message: string, type = 'Warning') => ({
      type,
      message,
      lastTimestamp,
    });
    const items = [at('2026-01-02', 'late'), at('2026-01-01', 'early'), at('2026-01-03', 'fine', 'Normal')];
    const { api } = await serve(json({ items }));
    expect(await api.eventsOf('a')).toEqual(['early', 'late']);
  });
});
