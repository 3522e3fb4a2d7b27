import { describe, expect, it } from 'vitest';
import type { Job } from '../jobs.js';
import { indexOf, tasksOf } from './indexed-job.js';
import { jobName, manifestOf, selectorOf } from './manifest.js';
import type { KubeJob } from './objects.js';
import type { KubernetesPlace } from './place.js';

const place: KubernetesPlace = {
  ...{ namespace: 'studies', template: 'job.yaml', name: 'lab', gpuResource: 'nvidia.com/gpu' },
};
const job = (gpus = 0): Job => ({
  ...{ taskId: '0123456789abcdef0123456789abcdef', kind: 'train' },
  needs: { cpus: 2, memoryBytes: 2.1e9, gpus },
});
const template = (spec: object = {}, container: object = {}, jobSpec: object = {}): KubeJob => ({
  ...{ apiVersion: 'batch/v1', kind: 'Job' },
  metadata: { labels: { team: 'imaging' } },
  spec: {
    ...jobSpec,
    template: {
      metadata: { annotations: { note: 'ours' } },
      spec: { ...spec, containers: [{ name: 'task', image: 'a', ...container }] },
    },
  },
});

interface Given {
  plain?: KubeJob;
  gpu?: KubeJob;
  at?: Partial<KubernetesPlace>;
  gpus?: number;
  gang?: string[];
}
function fill({ plain = template(), gpu = plain, at = {}, gpus = 0, gang }: Given = {}) {
  const environment = { THREADS_PER_TASK: '2' };
  const templates = { plain, gpu };
  const made = manifestOf(job(gpus), { place: { ...place, ...at }, templates, environment, gang });
  const pod = made.spec!.template;
  return { made, pod, container: pod.spec!.containers[0]! };
}

describe('the Job of a task', () => {
  it('is named by its task, within what a label may hold', () => {
    const name = jobName(place, job());
    expect(name).toBe('lab-train-0123456789abcdef0123456789abcdef');
    expect(jobName({ ...place, name: 'n'.repeat(22) }, { ...job(), kind: 'compare' })).toHaveLength(63);
    expect(fill().made.metadata).toMatchObject({ name, namespace: 'studies' });
  });

  it('has labels, as its pod has, that the selector of its installation finds', () => {
    const { made, pod } = fill();
    for (const { metadata } of [made, pod])
      for (const pair of selectorOf(place).split(',')) {
        const [key = '', value] = pair.split('=');
        expect(metadata?.labels?.[key]).toBe(value);
      }
    expect(made.metadata?.labels).toMatchObject({ team: 'imaging', 'palimpsest/kind': 'train' });
    expect(pod.metadata?.labels).toMatchObject({ 'palimpsest/task-id': job().taskId });
    expect(pod.metadata?.annotations).toEqual({ note: 'ours' });
  });

  it('runs one task with what it needs', () => {
    const { container, pod } = fill();
    expect(container.args).toEqual(['work', 'train', job().taskId]);
    const needed = { cpu: '2', memory: '2100000000' };
    expect(container.resources).toEqual({ requests: needed, limits: needed });
    expect(pod.spec?.restartPolicy).toBe('Never');
  });

  it('gives more than a task needs where the template says so', () => {
    const resources = {
      requests: { memory: '4Gi', cpu: '500m', 'ephemeral-storage': '1Gi' },
      limits: { cpu: '8', 'ephemeral-storage': '2Gi' },
    };
    const { container } = fill({ plain: template({}, { resources }) });
    expect(container.resources).toEqual({
      requests: { memory: '4Gi', cpu: '2', 'ephemeral-storage': '1Gi' },
      limits: { memory: '4Gi', cpu: '8', 'ephemeral-storage': '2Gi' },
    });
  });

  it('asks for GPUs by the name of their resource, from the template for GPUs', () => {
    const gpu = template({ nodeSelector: { pool: 'gpu' } });
    const { container, pod } = fill({ gpu, gpus: 2, at: { gpuResource: 'nvidia.com/mig-1g.10gb' } });
    expect(container.resources?.limits).toMatchObject({ 'nvidia.com/mig-1g.10gb': '2' });
    expect(container.resources?.requests).toMatchObject({ 'nvidia.com/mig-1g.10gb': '2' });
    expect(pod.spec?.nodeSelector).toEqual({ pool: 'gpu' });
    expect(fill({ gpu }).pod.spec?.nodeSelector).toBeUndefined();
  });

  it('replaces the variables that it must have, and keeps the others', () => {
    const env = [
      { name: 'STORE_URL', value: 's3://a' },
      { name: 'THREADS_PER_TASK', value: '64' },
    ];
    expect(fill({ plain: template({}, { env }) }).container.env).toEqual([
      { name: 'STORE_URL', value: 's3://a' },
      { name: 'THREADS_PER_TASK', value: '2' },
    ]);
  });

  it('ends with the first pod that fails, is failed by exit code 42, and no disruption counts', () => {
    const { made } = fill({ plain: template({}, {}, { backoffLimit: 6 }) });
    expect(made.spec).toMatchObject({
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { containerName: 'task', operator: 'In', values: [42] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
    });
  });

  it('ends some day and is kept for an hour, unless the template says otherwise', () => {
    expect(fill().made.spec).toMatchObject({ activeDeadlineSeconds: 604_800, ttlSecondsAfterFinished: 3600 });
    const own = { activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 0 };
    expect(fill({ plain: template({}, {}, own) }).made.spec).toMatchObject(own);
  });

  it('waits in a queue of Kueue where one is named', () => {
    const { made, pod } = fill({ at: { queue: 'gpus', priorityClass: 'low' } });
    expect(made.metadata?.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'gpus' });
    expect(made.spec?.suspend).toBe(true);
    expect(pod.spec?.priorityClassName).toBe('low');
    expect(fill().made.spec?.suspend).toBeUndefined();
  });

  it('runs the task in the container that is named, and leaves the others', () => {
    const plain = template();
    const sidecar = { name: 'proxy', image: 'b' };
    plain.spec!.template.spec!.containers.unshift(sidecar);
    const { pod } = fill({ plain, at: { container: 'task' } });
    expect(pod.spec?.containers[0]).toEqual(sidecar);
    expect(pod.spec?.containers[1]?.args).toContain('work');
  });

  describe('that several share', () => {
    const gang = ['a', 'b', 'c'].map((id) => id.repeat(32));

    it('is named by all of them, with room for an index in the names of its hosts', () => {
      const { made } = fill({ gang });
      expect(made.metadata?.name).toMatch(/^lab-gang-[0-9a-f]{24}$/);
      expect(fill({ gang }).made.metadata?.name).toBe(made.metadata?.name);
      expect(fill({ gang: gang.slice(1) }).made.metadata?.name).not.toBe(made.metadata?.name);
      expect(jobName({ ...place, name: 'n'.repeat(22) }, job(), gang).length).toBeLessThan(60);
    });

    it('runs all at once, each at its index, and goes on whichever fails', () => {
      const { made, container } = fill({
        gang,
        plain: template({}, {}, { backoffLimit: 6, completions: 1 }),
      });
      expect(made.spec).toMatchObject({
        ...{ completionMode: 'Indexed', completions: 3, parallelism: 3 },
        ...{ backoffLimit: 2_147_483_647, backoffLimitPerIndex: 0, maxFailedIndexes: 3 },
      });
      expect(made.spec?.podFailurePolicy?.rules.map(({ action }) => action)).toEqual(['FailIndex', 'Ignore']);
      expect(container.args).toEqual(['work', 'train', ...gang]);
    });

    it('says which task is at which index; its pods do not, as they are all alike', () => {
      const { made, pod } = fill({ gang });
      expect(tasksOf(made)).toEqual(gang);
      expect(gang.map((id) => indexOf(made, id))).toEqual(['0', '1', '2']);
      for (const { metadata } of [made, pod])
        expect(metadata?.labels).not.toHaveProperty('palimpsest/task-id');
      expect(pod.metadata?.labels).not.toHaveProperty(`palimpsest/task-${gang[0]}`);
      expect(tasksOf(fill().made)).toEqual([]);
    });
  });

  it('leaves the template as it is', () => {
    const plain = template({ volumes: [{ name: 'cache', emptyDir: {} }] });
    const before = structuredClone(plain);
    expect(fill({ plain }).pod.spec?.volumes).toEqual([{ name: 'cache', emptyDir: {} }]);
    expect(plain).toEqual(before);
  });
});
