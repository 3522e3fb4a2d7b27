import { eventually } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiFailure } from './api-failure.js';
import type { Change, KubernetesApi } from './kubernetes-api.js';
import { Mirror } from './mirror.js';
import type { KubeJob } from './objects.js';

const aJob = (name: string, uid = '1'): KubeJob => ({ metadata: { name, uid } });

/** An API server whose answers a test writes: what it lists, and what its watches tell until they end. */
class FakeApi {
  jobs: KubeJob[] = [];
  lists = 0;
  refuse: Error | undefined;
  #tell: ((change: Change<KubeJob> | Error | undefined) => void) | undefined;

  list = (() => {
    this.lists++;
    if (this.refuse) return Promise.reject(this.refuse);
    return Promise.resolve({ items: [...this.jobs], version: String(this.lists) });
  }) as KubernetesApi['list'];

  watch = ((_resource: string, _from: object, signal: AbortSignal) =>
    Promise.resolve(this.#changes(signal))) as unknown as KubernetesApi['watch'];

  /** A change; an error breaks the watch, and nothing ends it. */
  tell(change: Change<KubeJob> | Error | undefined): void {
    this.#tell?.(change);
  }

  async *#changes(signal: AbortSignal): AsyncGenerator<Change<KubeJob>> {
    for (;;) {
      const change = await new Promise<Change<KubeJob> | Error | undefined>((resolve) => {
        this.#tell = resolve;
        signal.addEventListener('abort', () => resolve(undefined));
      });
      if (change instanceof Error) throw change;
      if (!change) return;
      yield change;
    }
  }
}

const mirrors: Mirror<'jobs'>[] = [];
afterEach(() => Promise.all(mirrors.splice(0).map((mirror) => mirror.close())));

function start(api = new FakeApi()) {
  const warnings: string[] = [];
  const log = pino({}, { write: (line) => void warnings.push(line) });
  const mirror = new Mirror({ api, resource: 'jobs', labelSelector: 'a=b', log });
  mirrors.push(mirror);
  mirror.start();
  return { api, mirror, warnings, names: () => [...mirror.objects.keys()] };
}

describe('a mirror of objects', () => {
  it('has what was listed, and follows what changes', async () => {
    const api = new FakeApi();
    api.jobs = [aJob('a'), aJob('b')];
    const { mirror, names } = start(api);
    await eventually('listed', () => names().length === 2);
    api.tell({ type: 'DELETED', object: aJob('a') });
    await eventually('a is gone', () => names().join() === 'b');
    api.tell({ type: 'ADDED', object: aJob('c') });
    await eventually('c is there', () => names().join() === 'b,c');
    api.tell({ type: 'MODIFIED', object: aJob('b', '2') });
    await eventually('b is another', () => mirror.objects.get('b')?.metadata?.uid === '2');
    api.tell({ type: 'BOOKMARK', object: { metadata: {} } });
    expect(api.lists).toBe(1);
  });

  it.each([
    ['ends', undefined],
    ['breaks off', new ApiFailure(0, 'socket hang up')],
    ['is too old to go on from', { type: 'ERROR', object: {} } as const],
  ])('lists again when a watch %s, and sees what it had missed', async (_, end) => {
    const api = new FakeApi();
    api.jobs = [aJob('a')];
    const { names } = start(api);
    await eventually('listed', () => names().length === 1);
    api.jobs = [aJob('b')];
    api.tell(end);
    await eventually('listed again', () => names().join() === 'b');
    expect(api.lists).toBe(2);
  });

  it('keeps what it knows while no server answers', async () => {
    const api = new FakeApi();
    api.jobs = [aJob('a')];
    const { mirror, names, warnings } = start(api);
    await eventually('listed', () => names().length === 1);
    const { listedAt } = mirror;
    api.refuse = new ApiFailure(0, 'connection refused');
    api.tell(new ApiFailure(0, 'socket hang up'));
    await eventually('tried in vain', () => api.lists >= 2);
    expect(names()).toEqual(['a']);
    expect(mirror.listedAt).toBe(listedAt);
    await eventually('said so', () => warnings.some((line) => line.includes('connection refused')));
    api.refuse = undefined;
    await eventually('listed again', () => mirror.listedAt > listedAt);
  });

  it('says that it may not look, until it may', async () => {
    const api = new FakeApi();
    api.refuse = new ApiFailure(403, 'cannot list resource "jobs"');
    const { mirror, names } = start(api);
    const codeNow = () => {
      try {
        return mirror.objects.size === 1 ? 'seen' : 'unseen';
      } catch (error) {
        return (error as ApiFailure).code;
      }
    };
    await eventually('denied', () => codeNow() === 'denied');
    expect(names).toThrow('cannot list resource "jobs"');
    api.refuse = undefined;
    api.jobs = [aJob('a')];
    await eventually('allowed', () => codeNow() === 'seen');
  });
});
