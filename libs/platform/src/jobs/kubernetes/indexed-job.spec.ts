import { describe, expect, it } from 'vitest';
import { atIndex, indexLabels, tasksOf } from './indexed-job.js';
import { isFinished, stateOf } from './job-state.js';
import type { KubeJob, KubePod } from './objects.js';

const aJob = (status: NonNullable<KubeJob['status']>): KubeJob => ({
  metadata: {},
  spec: { template: {} },
  status,
});
const ended = (exitCode: number): KubePod => ({
  status: {
    phase: 'Failed',
    containerStatuses: [
      {
        ...{ name: 'task', image: '', imageID: '', ready: false, restartCount: 0 },
        state: { terminated: { exitCode } },
      },
    ],
  },
});
const seen = (job: KubeJob, index: string | undefined, pods: KubePod[] = []) =>
  stateOf({ job: atIndex(job, index), pods, all: pods, container: 'task', gpuResource: '' });

describe('a Job that several tasks share', () => {
  it('has come to its end for those alone whose index has', () => {
    const job = aJob({ completedIndexes: '0,3-5,12', failedIndexes: '2,7-8' });
    const over = Array.from({ length: 14 }, (_, i) => i).filter((i) => isFinished(atIndex(job, String(i))));
    expect(over).toEqual([0, 2, 3, 4, 5, 7, 8, 12]);
    expect(isFinished(atIndex(aJob({}), '0'))).toBe(false);
  });

  it('is done or failed for each by what became of its own, whatever became of the others', () => {
    const conditions = [{ type: 'Failed', status: 'True', reason: 'FailedIndexes', message: '' }];
    const job = aJob({ conditions, completedIndexes: '0', failedIndexes: '1-3' });
    expect(seen(job, '0')).toEqual({ is: 'done' });
    expect(seen(job, '1', [ended(42)])).toEqual({ is: 'failed' });
    expect(seen(job, '2', [ended(1)])).toMatchObject({ is: 'lost', how: 'ended with exit code 1' });
    expect(seen(job, '3')).toEqual({ is: 'lost', how: 'lost its pod: index 3 failed' });
  });

  it('ends all that is left when it takes too long', () => {
    const conditions = [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: '' }];
    const job = aJob({ conditions, completedIndexes: '0' });
    expect(seen(job, '0')).toEqual({ is: 'done' });
    expect(seen(job, '1')).toMatchObject({
      is: 'lost',
      how: expect.stringContaining('took longer') as string,
    });
  });

  it('names its tasks in the order of their indexes', () => {
    const taskIds = Array.from({ length: 12 }, (_, i) => `task${i}`);
    expect(
      tasksOf({ metadata: { labels: { 'palimpsest/kind': 'train', ...indexLabels(taskIds) } } }),
    ).toEqual(taskIds);
  });
});
