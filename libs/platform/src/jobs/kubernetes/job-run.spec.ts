import { PlatformError } from '@palimpsest/contracts';
import { eventually, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LetGo, type Job } from '../jobs.js';
import { ApiFailure } from './api-failure.js';
import { indexLabels } from './indexed-job.js';
import { JobRun, type JobRunParts } from './job-run.js';
import type { Removal } from './kubernetes-api.js';
import type { KubeJob, KubeOwner, KubePod } from './objects.js';

const job: Job = { kind: 'train', taskId: 'id', needs: someResources };
const manifest: KubeJob = {
  metadata: { name: 'a' },
  spec: { template: { spec: { containers: [{ name: 'task', image: 'a' }] } } },
};
const place = { namespace: 'studies', template: '', name: 'lab', gpuResource: 'nvidia.com/gpu' };
const ended = (type: 'Complete' | 'Failed') => ({
  conditions: [{ type, status: 'True', reason: 'BackoffLimitExceeded' }],
});

/** A cluster of one Job at most, as a test says. */
class FakeCluster {
  job: KubeJob | undefined;
  pods = new Map<string, KubePod>();
  removals: Removal[] = [];
  kept: string[] = [];
  said: (string | undefined)[] = [];
  annotated = 0;
  annotations: Record<string, string> = {};
  /** What the next calls are answered with, one each. */
  failures: Error[] = [];
  /** What deleting leads to. */
  onDelete: (removal: Removal) => void = () => (this.job = undefined);
  isDone = false;
  owner: () => KubeOwner | undefined = () => undefined;
  /** Whether what is known of Jobs is older than they are. */
  blind = false;
  withdrawn = new Set<string>();
  manifest = manifest;
  #made = 0;

  make(status?: KubeJob['status'], from = this.manifest): KubeJob {
    const metadata = { ...from.metadata, uid: String(++this.#made) };
    this.job = { ...from, metadata, ...(status && { status }) };
    return this.job;
  }

  end(type: 'Complete' | 'Failed'): void {
    this.job = { ...this.job, status: ended(type) };
  }

  run(signal = new AbortController().signal, of = job): Promise<'done' | 'failed'> {
    return new JobRun(of, this.manifest, this.#parts(), signal).toItsEnd();
  }

  #parts(): JobRunParts {
    const answer = <T>(value: T) => {
      const failure = this.failures.shift();
      return failure ? Promise.reject(failure) : Promise.resolve(value);
    };
    const create = (manifest: KubeJob) => {
      const refused = this.failures.shift() ?? (this.job && new ApiFailure(409, 'exists'));
      return refused ? Promise.reject(refused) : Promise.resolve(this.make(undefined, manifest));
    };
    const remove = (removal: Removal) => {
      this.removals.push(removal);
      this.onDelete(removal);
      return answer(undefined);
    };
    const known = () => new Map(this.job && !this.blind ? [['a', this.job]] : []);
    const listedAt = () => (this.blind ? -Infinity : performance.now());
    return {
      api: {
        createJob: create,
        readJob: () => answer(this.job),
        deleteJob: remove,
        annotateJob: (_, annotations) => {
          this.annotated++;
          if (this.job) Object.assign(this.annotations, annotations);
          return Promise.resolve(this.job);
        },
        deletePod: (name) => {
          this.pods.delete(name);
          return answer(undefined);
        },
        list: (() => answer({ items: [...this.pods.values()], version: '' })) as JobRunParts['api']['list'],
        podLog: (name) => Promise.resolve(`words of ${name}`),
        eventsOf: () => Promise.resolve(['exceeded quota: small']),
      },
      jobs: {
        get objects() {
          return known();
        },
        get listedAt() {
          return listedAt();
        },
      },
      pods: { objects: this.pods },
      timing: { lookMs: 5, stuckMs: 20, podlessMs: 10, removalMs: 40 },
      ...{ place, log: pino({ level: 'silent' }), followed: () => 'me' },
      owner: () => new Promise((resolve) => resolve(this.owner())),
      isDone: () => Promise.resolve(this.isDone),
      keepLog: (text) => {
        this.kept.push(text);
        return Promise.resolve();
      },
      withdrawn: this.withdrawn,
      waits: (what) => this.said.push(what),
    };
  }
}

describe('a run of a job', () => {
  it('makes its Job and is done with it', async () => {
    const cluster = new FakeCluster();
    const run = cluster.run();
    await eventually('made', () => cluster.job);
    cluster.end('Complete');
    expect(await run).toBe('done');
    expect(cluster.annotated).toBe(0);
  });

  it('goes on with a Job that is there, and says that it follows it', async () => {
    const cluster = new FakeCluster();
    const { metadata } = cluster.make();
    const run = cluster.run();
    await eventually('adopted', () => cluster.annotated === 1);
    expect(cluster.job?.metadata?.uid).toBe(metadata?.uid);
    cluster.end('Complete');
    expect(await run).toBe('done');
  });

  it('makes anew what has failed, and what is complete but left no output', async () => {
    for (const type of ['Failed', 'Complete'] as const) {
      const cluster = new FakeCluster();
      cluster.make(ended(type));
      const run = cluster.run();
      await eventually('made anew', () => cluster.job?.metadata?.uid === '2');
      cluster.end('Complete');
      expect(await run).toBe('done');
      expect(cluster.removals).toMatchObject([{ uid: '1', propagation: 'Foreground' }]);
    }
  });

  it('takes what is complete and left its output for done', async () => {
    const cluster = new FakeCluster();
    cluster.isDone = true;
    cluster.make(ended('Complete'));
    expect(await cluster.run()).toBe('done');
    expect(cluster.removals).toEqual([]);
  });

  it('waits until the API server takes its Job, and says for what', async () => {
    const cluster = new FakeCluster();
    cluster.failures = [new ApiFailure(403, 'exceeded quota: jobs')];
    const run = cluster.run();
    await eventually('made', () => cluster.job);
    expect(cluster.said).toContain('Kubernetes: exceeded quota: jobs');
    cluster.end('Complete');
    expect(await run).toBe('done');
  });

  it('says what is refused for good', async () => {
    const cluster = new FakeCluster();
    cluster.failures = [new ApiFailure(403, 'cannot create resource "jobs"')];
    await expect(cluster.run()).rejects.toMatchObject({ code: 'denied' });
  });

  it('says why it has no pod', async () => {
    const cluster = new FakeCluster();
    const run = cluster.run();
    await eventually('said', () =>
      cluster.said.includes('waits, as no pod can be made: exceeded quota: small'),
    );
    cluster.end('Complete');
    expect(await run).toBe('done');
  });

  it('keeps what its last pod said when that failed', async () => {
    const cluster = new FakeCluster();
    const run = cluster.run();
    await eventually('made', () => cluster.job);
    const ownerReferences = [{ apiVersion: '', kind: '', name: '', uid: '1' }];
    for (const [name, creationTimestamp] of [
      ['second', '2026-01-02T00:00:00Z'],
      ['first', '2026-01-01T00:00:00Z'],
    ] as const)
      cluster.pods.set(name, {
        metadata: { name, ownerReferences, creationTimestamp },
        status: { phase: 'Failed', reason: 'OutOfcpu' },
      });
    cluster.end('Failed');
    await expect(run).rejects.toThrow('has a pod that failed: OutOfcpu');
    expect(cluster.kept).toEqual(['words of second']);
  });

  it('is lost with its Job', async () => {
    const cluster = new FakeCluster();
    const run = cluster.run();
    await eventually('made', () => cluster.job);
    cluster.make();
    await expect(run).rejects.toThrow('train id lost its Job a, which was deleted');
    expect(cluster.removals).toEqual([]);
  });

  it('is lost with its Job also where nobody saw it come and go, and only then', async () => {
    const cluster = new FakeCluster();
    cluster.blind = true;
    let ended = false;
    const run = cluster.run().finally(() => (ended = true));
    const lost = expect(run).rejects.toThrow('train id lost its Job a, which was deleted');
    await eventually('made', () => cluster.job);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ended).toBe(false);
    cluster.job = undefined;
    await lost;
  });

  it('has the owner of the moment when its Job is made, and waits while there is none', async () => {
    const cluster = new FakeCluster();
    const words = 'waits, as no Job can be made: its owner ConfigMap release is not there';
    cluster.owner = () => {
      throw new PlatformError('unavailable', words);
    };
    const run = cluster.run();
    await eventually('it says so', () => cluster.said.includes(words));
    expect(cluster.job).toBeUndefined();
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid: 'new' };
    cluster.owner = () => owner;
    await eventually('made', () => cluster.job);
    expect(cluster.job?.metadata).toMatchObject({ name: 'a', ownerReferences: [owner] });
    cluster.end('Complete');
    expect(await run).toBe('done');
  });

  it('gives up a pod that does not end, and deletes its Job without waiting for what is on a node that is gone', async () => {
    const cluster = new FakeCluster();
    cluster.onDelete = ({ propagation }) => {
      if (propagation === 'Background') cluster.job = undefined;
    };
    const run = cluster.run();
    await eventually('made', () => cluster.job);
    const ownerReferences = [{ apiVersion: '', kind: '', name: '', uid: '1' }];
    cluster.pods.set('p', {
      metadata: { name: 'p', ownerReferences, deletionTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [], nodeName: 'gpu-1', terminationGracePeriodSeconds: 0 },
      status: { phase: 'Running' },
    });
    await expect(run).rejects.toThrow('has a pod that does not end: its node gpu-1 may be gone');
    expect(cluster.removals[0]?.propagation).toBe('Foreground');
    expect(cluster.removals.at(-1)?.propagation).toBe('Background');
  });

  describe('in a Job that it shares', () => {
    const shared = (): FakeCluster => {
      const cluster = new FakeCluster();
      const labels = indexLabels(['another', 'one']);
      cluster.manifest = { ...manifest, metadata: { name: 'a', labels } };
      return cluster;
    };
    const run = (cluster: FakeCluster, taskId: string, signal?: AbortSignal) =>
      cluster.run(signal, { ...job, taskId });

    it('ends by what becomes of its own index', async () => {
      const cluster = shared();
      const runs = [run(cluster, 'another'), run(cluster, 'one')];
      const lost = expect(runs[0]).rejects.toThrow('train another lost its pod: index 0 failed');
      await eventually('made', () => cluster.job);
      cluster.job = { ...cluster.job, status: { completedIndexes: '1', failedIndexes: '0' } };
      expect(await runs[1]).toBe('done');
      await lost;
    });

    it('is taken out when it is cancelled, also where the Job is made only after that', async () => {
      const cluster = shared();
      const stop = new AbortController();
      cluster.failures = [
        new ApiFailure(403, 'exceeded quota: jobs'),
        new ApiFailure(403, 'exceeded quota: jobs'),
      ];
      const runs = [run(cluster, 'another'), run(cluster, 'one', stop.signal)];
      await eventually('both wait', () => cluster.said.length === 2);
      stop.abort();
      await expect(runs[1]).rejects.toMatchObject({ name: 'AbortError' });
      expect(cluster.withdrawn).toEqual(new Set(['a/1']));
      await eventually('taken out', () => cluster.annotations['palimpsest/unwanted-1'] === 'yes');
      cluster.job = { ...cluster.job, status: { completedIndexes: '0' } };
      expect(await runs[0]).toBe('done');
      expect(cluster.withdrawn.size).toBe(0);
      expect(cluster.removals).toEqual([]);
    });
  });

  it('deletes its Job when it is cancelled, however long that takes, and leaves it when it is let go of', async () => {
    for (const [why, left] of [
      [undefined, false],
      [new LetGo('the service stops'), true],
    ] as const) {
      const cluster = new FakeCluster();
      const stop = new AbortController();
      const run = cluster.run(stop.signal);
      await eventually('made', () => cluster.job);
      cluster.failures = [new ApiFailure(0, 'no answer')];
      stop.abort(why);
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(cluster.job !== undefined).toBe(left);
    }
  });
});
