import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ApiFailure } from './api-failure.js';
import { indexLabels, unwanted } from './indexed-job.js';
import type { KubeJob, KubePod } from './objects.js';
import { withdrawTask, type WithdrawalParts } from './withdraw-task.js';

type Api = WithdrawalParts['api'];

/** A cluster with a Job of two tasks, or none, and pods that all work at the index that is taken out. */
class FakeCluster {
  job: KubeJob | undefined = { metadata: { name: 'a', uid: 'uid', labels: indexLabels(['x', 'y']) } };
  pods = new Map<string, KubePod>();
  asked: string[] = [];
  failures: Error[] = [];
  /** Whether pods end when they are told to. */
  obedient = true;

  addPod(name: string, owner: string, phase = 'Running'): void {
    const ownerReferences = [{ apiVersion: '', kind: '', name: '', uid: owner }];
    this.pods.set(name, { metadata: { name, ownerReferences }, status: { phase } });
  }

  withdraw(index: string): Promise<boolean> {
    const log = pino({ level: 'silent' });
    return withdrawTask('a', index, { api: this.#api, log, lookMs: 5, removalMs: 100 });
  }

  get #api(): Api {
    return {
      annotateJob: (_, annotations) => {
        const failure = this.failures.shift();
        if (failure) return Promise.reject(failure);
        const { metadata } = this.job ?? {};
        const merged = { ...metadata?.annotations, ...annotations };
        if (this.job) this.job = { ...this.job, metadata: { ...metadata, annotations: merged } };
        return Promise.resolve(this.job);
      },
      deletePod: (name) => {
        this.asked.push(`pod ${name}`);
        const pod = this.pods.get(name);
        if (this.obedient) this.pods.delete(name);
        else if (pod)
          this.pods.set(name, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } });
        return Promise.resolve();
      },
      deleteJob: ({ name }) => {
        this.asked.push(`job ${name}`);
        this.job = undefined;
        this.pods.clear();
        return Promise.resolve();
      },
      readJob: () => Promise.resolve(this.job),
      list: ((_: unknown, selector: string) => {
        this.asked.push(selector);
        return Promise.resolve({ items: [...this.pods.values()], version: '' });
      }) as Api['list'],
    };
  }
}

describe('taking a task out of the Job that it shares', () => {
  it('ends the pods of its index that have not ended, and the Job stays', async () => {
    const cluster = new FakeCluster();
    cluster.addPod('live', 'uid');
    cluster.addPod('over', 'uid', 'Failed');
    cluster.addPod('strange', 'another');
    await cluster.withdraw('1');
    expect(cluster.asked).toContain('job-name=a,batch.kubernetes.io/job-completion-index=1');
    expect(cluster.asked.filter((each) => !each.startsWith('job-name'))).toEqual(['pod live']);
    expect(cluster.job?.metadata?.annotations).toEqual(unwanted('1'));
  });

  it('waits for a pod to end, but not for ever, as its node may be gone', async () => {
    const cluster = new FakeCluster();
    cluster.obedient = false;
    cluster.addPod('live', 'uid');
    const began = performance.now();
    await cluster.withdraw('1');
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(cluster.asked.filter((each) => each === 'pod live')).toHaveLength(1);
  });

  it.each([
    ['nobody wants the others', unwanted('0'), {}],
    ['the others have ended', {}, { completedIndexes: '0' }],
  ])('deletes the Job where %s', async (_, annotations, status) => {
    const cluster = new FakeCluster();
    cluster.job = { metadata: { ...cluster.job?.metadata, annotations }, status };
    await cluster.withdraw('1');
    expect(cluster.asked).toContain('job a');
  });

  it('has nothing to do where the Job is gone or has ended', async () => {
    for (const conditions of [undefined, [{ type: 'Complete', status: 'True' }]]) {
      const cluster = new FakeCluster();
      cluster.job = conditions && { ...cluster.job, status: { conditions } };
      cluster.addPod('live', 'uid');
      expect(await cluster.withdraw('1')).toBe(conditions !== undefined);
      expect(cluster.asked).toEqual([]);
    }
  });

  it('does not give up while the API server is away, and says what is denied', async () => {
    const cluster = new FakeCluster();
    cluster.addPod('live', 'uid');
    cluster.failures = [new ApiFailure(0, 'no answer')];
    await cluster.withdraw('1');
    expect(cluster.pods.size).toBe(0);
    cluster.failures = [new ApiFailure(403, 'cannot patch resource "jobs"')];
    await expect(cluster.withdraw('1')).rejects.toMatchObject({ code: 'denied' });
  });
});
