import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiFailure } from './api-failure.js';
import { INDEX, unwanted } from './indexed-job.js';
import { Keeper } from './keeper.js';
import type { Removal } from './kubernetes-api.js';
import { FOLLOWED } from './manifest.js';
import type { KubeJob, KubePod } from './objects.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const aJob = (name: string, followed?: string, conditions: { type: string }[] = []): KubeJob => ({
  metadata: { name, uid: `uid of ${name}`, ...(followed && { annotations: { [FOLLOWED]: followed } }) },
  status: { conditions: conditions.map(({ type }) => ({ type, status: 'True' })) },
});

function keep(...known: KubeJob[]) {
  const deleted: string[] = [];
  const said: string[] = [];
  const objects = new Map(known.map((job) => [job.metadata!.name!, job]));
  const followedHere = new Map<string, string>();
  const pods = new Map<string, KubePod>();
  const lines: string[] = [];
  const api = {
    annotateJob: (name: string, annotations: Record<string, string>) => {
      said.push(`${name}: ${annotations[FOLLOWED] ?? ''}`);
      return Promise.resolve(objects.get(name));
    },
    deletePod: (name: string) => {
      deleted.push(name);
      return Promise.resolve();
    },
    deleteJob: ({ name, uid }: Removal) => {
      deleted.push(`${name}/${uid}`);
      return Promise.resolve();
    },
  };
  const jobs = { objects, listedAt: performance.now() };
  const keeper = new Keeper({
    ...{ api, jobs, pods: { objects: pods }, followedHere, followed: () => 'me now', abandonedMs: 1000 },
    log: pino({}, { write: (line) => void lines.push(line) }),
  });
  const later = async (ms: number, { listed = true } = {}) => {
    vi.advanceTimersByTime(ms);
    if (listed) jobs.listedAt = performance.now();
    await keeper.round();
  };
  return { keeper, api, objects, pods, followedHere, deleted, said, lines, later };
}

describe('who looks after jobs', () => {
  it('says which jobs this process follows', async () => {
    const { followedHere, said, later } = keep();
    followedHere.set('task', 'a').set('another', 'a');
    await later(0);
    expect(said).toEqual(['a: me now']);
  });

  it('deletes what nobody has followed for long enough, that one and no other of its name', async () => {
    const { deleted, later, lines } = keep(aJob('a', 'before'), aJob('b'));
    await later(5000);
    await later(999);
    expect(deleted).toEqual([]);
    await later(1);
    expect(deleted).toEqual(['a/uid of a', 'b/uid of b']);
    expect(lines.join()).toContain('nobody follows');
  });

  it('leaves what somebody follows, here or elsewhere, and what has ended', async () => {
    const { objects, followedHere, deleted, later } = keep(
      ...[aJob('here'), aJob('elsewhere', '1'), aJob('ended', '1', [{ type: 'Failed' }])],
    );
    followedHere.set('task', 'here');
    for (const time of ['2', '3', '4']) {
      await later(900);
      objects.set('elsewhere', aJob('elsewhere', time));
    }
    expect(deleted).toEqual([]);
  });

  it('counts anew after the API server was away, when nobody could say that they follow a job', async () => {
    const { deleted, later } = keep(aJob('a', 'before'));
    await later(0);
    await later(200_000, { listed: false });
    await later(0);
    await later(999);
    expect(deleted).toEqual([]);
    await later(1);
    expect(deleted).toHaveLength(1);
  });

  it('counts anew for another Job of the same name', async () => {
    const { objects, deleted, later } = keep(aJob('a'));
    await later(0);
    objects.set('a', { ...aJob('a'), metadata: { name: 'a', uid: 'another' } });
    await later(1000);
    expect(deleted).toEqual([]);
  });

  it('ends pods of a task that was taken out of its Job, and no others', async () => {
    const { objects, pods, deleted, later } = keep();
    const metadata = { name: 'a', uid: 'uid of a', annotations: unwanted('1') };
    objects.set('a', { metadata, status: {} }).set('b', aJob('b'));
    const pod = (owner: string, index: string, phase: string): KubePod => ({
      metadata: {
        labels: { [INDEX]: index },
        ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: `uid of ${owner}` }],
        name: `${owner}-${index}-${phase}`,
      },
      status: { phase },
    });
    for (const each of [
      ...[pod('a', '0', 'Running'), pod('a', '1', 'Failed'), pod('a', '1', 'Pending')],
      ...[pod('a', '11', 'Running'), pod('b', '1', 'Running')],
    ])
      pods.set(each.metadata?.name ?? '', each);
    await later(0);
    expect(deleted).toEqual(['a-1-Pending']);
  });

  it('goes on after an error', async () => {
    const { api, deleted, later, lines } = keep(aJob('a'));
    await later(0);
    const { deleteJob } = api;
    api.deleteJob = () => Promise.reject(new ApiFailure(403, 'cannot delete'));
    await later(1000);
    expect(lines.join()).toContain('cannot delete');
    api.deleteJob = deleteJob;
    await later(0);
    expect(deleted).toHaveLength(1);
  });
});
