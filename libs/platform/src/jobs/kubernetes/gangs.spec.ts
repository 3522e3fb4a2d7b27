import { someResources } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { LetGo, type Job } from '../jobs.js';
import { ApiFailure } from './api-failure.js';
import { Gangs, type Search } from './gangs.js';
import { indexLabels, unwanted } from './indexed-job.js';
import type { KubeJob } from './objects.js';

const aJob = (taskId: string, gang: string | undefined = 'cell'): Job => ({
  ...{ kind: 'train', taskId, gang, needs: someResources },
});
const shared = (...taskIds: string[]): KubeJob => ({ metadata: { labels: indexLabels(taskIds) } });

/** Gangs in a cluster where these Jobs are, whose server gives a test's failures first. */
function open({
  there = [],
  own,
  gangSeconds = 1,
}: { there?: KubeJob[]; own?: KubeJob; gangSeconds?: number } = {}) {
  const place = { namespace: 'a', template: '', name: 'lab', gpuResource: '' };
  const gangs = new Gangs(gangSeconds === 0 ? place : { ...place, gangSeconds });
  const failures: Error[] = [];
  const list = () => {
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve({ items: there, version: '' });
  };
  const api = { list, readJob: () => Promise.resolve(own) } as Search['api'];
  const join = (job: Job, signal = new AbortController().signal) =>
    gangs.together(job, { api, signal, waits: () => undefined });
  return { join, failures };
}

describe('gangs', () => {
  it('are those that come within the time, the same for each of them', async () => {
    const { join } = open();
    const found = await Promise.all([join(aJob('b')), join(aJob('a')), join(aJob('c', 'other'))]);
    expect(found).toEqual([['a', 'b'], ['a', 'b'], undefined]);
    expect(await join(aJob('d'))).toBeUndefined();
  });

  it('need the same', async () => {
    const { join } = open();
    const larger = { ...aJob('b'), needs: { ...someResources, gpus: 8 } };
    expect(await Promise.all([join(aJob('a')), join(larger)])).toEqual([undefined, undefined]);
  });

  it('go without one that leaves before they are complete', async () => {
    const { join } = open();
    const stop = new AbortController();
    const runs = [join(aJob('a')), join(aJob('b'), stop.signal), join(aJob('c'))];
    stop.abort();
    await expect(runs[1]).rejects.toMatchObject({ name: 'AbortError' });
    expect(await Promise.all([runs[0], runs[2]])).toEqual([
      ['a', 'c'],
      ['a', 'c'],
    ]);
  });

  it('are not waited for where there are none, nor by what belongs to none', async () => {
    const { join } = open({ gangSeconds: 0 });
    expect(await Promise.all([join(aJob('a')), join(aJob('b'))])).toEqual([undefined, undefined]);
    const began = performance.now();
    await open({ gangSeconds: 600 }).join({ ...aJob('a'), gang: undefined });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('are found where they run, even where none are made any more', async () => {
    for (const gangSeconds of [0, 600])
      expect(await open({ there: [shared('a', 'b')], gangSeconds }).join(aJob('b'))).toEqual(['a', 'b']);
  });

  it.each([
    ['came to its end there', { status: { failedIndexes: '1' } }],
    ['was taken out of it', { metadata: { ...shared('a', 'b').metadata, annotations: unwanted('1') } }],
    [
      'is in one that is being deleted',
      { metadata: { ...shared('a', 'b').metadata, deletionTimestamp: 'now' } },
    ],
  ])('have nothing to do with a task that %s', async (_, change) => {
    const { join } = open({ there: [{ ...shared('a', 'b'), ...change }] });
    expect(await join(aJob('b'))).toBeUndefined();
  });

  it('are not waited for by a task that has a Job of its own', async () => {
    const { join } = open({ own: { metadata: { name: 'own' } }, gangSeconds: 600 });
    expect(await join(aJob('a'))).toBeUndefined();
  });

  it('are looked for to the end by what is cancelled, and no longer by what is let go of', async () => {
    const cancelled = open({ there: [shared('a', 'b')] });
    cancelled.failures.push(new ApiFailure(0, 'no answer'));
    expect(await cancelled.join(aJob('a'), AbortSignal.abort())).toEqual(['a', 'b']);
    const left = open({ there: [shared('a', 'b')] });
    left.failures.push(new ApiFailure(0, 'no answer'));
    const stop = new AbortController();
    stop.abort(new LetGo('the service stops'));
    await expect(left.join(aJob('a'), stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
