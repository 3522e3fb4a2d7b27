import { setTimeout as sleep } from 'node:timers/promises';
import { TaskRecords } from '@palimpsest/platform';
import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, describeJobs, jobOf } from '../../libs/platform/src/jobs/jobs-conformance.js';
import { LetGo, type Job } from '../../libs/platform/src/jobs/jobs.js';
import type { KubernetesJobs } from '../../libs/platform/src/jobs/kubernetes/kubernetes-jobs.js';
import { requiredPermissions } from '../../libs/platform/src/jobs/kubernetes/permissions.js';
import { taskId } from '../../libs/platform/src/tasks/task-id.js';
import { behaviours } from '../../libs/platform/src/tasks/tasks.fixture.js';
import { missing, startLab, type Lab } from './lab/lab.mjs';
import { corner, type Asks, type Corner } from './support/corner.js';
import { runPods } from './support/pod-runner.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const reason = missing();
const never = new AbortController().signal;
const PATIENCE_MS = 30_000;

async function allStopped(runs: Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(runs))
    expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
}

describe.skipIf(reason)(`jobs in Kubernetes${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ nodes: 2, gpusPerNode: 1 });
    return () => lab.remove();
  });

  const opened: KubernetesJobs[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  });
  async function open(place: Corner, asks: Asks = {}) {
    const jobs = await place.open(asks);
    opened.push(jobs);
    return jobs;
  }

  let ids = 0;
  /** A task that nobody has asked for before; its output is not looked at. */
  const aJob = (gpus = 0): Job => ({
    ...{ kind: 'compare', taskId: taskId('compare', aCompareInput({ seed: 1000 + ids++ })) },
    needs: { ...someResources, gpus },
  });
  const names = async (place: Corner) =>
    (await place.kubectl('get', 'jobs', '-o', 'name')).split('\n').filter((line) => line !== '');
  const podOf = async (place: Corner) => {
    let pod = '';
    const find = async () => (pod = (await place.kubectl('get', 'pods', '-o', 'name')).trim());
    await eventually('a pod', find, PATIENCE_MS);
    return pod;
  };
  const runs = (place: Corner) => async () =>
    (await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}')).includes('Running');

  describe('with pods that run', () => {
    const runners: { stop(): Promise<void> }[] = [];
    afterEach(async () => {
      await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    });
    describeJobs('KubernetesJobs', async () => {
      const place = await corner(lab);
      runners.push(runPods(lab, place.namespace, { STORE_URL: place.storeUrl, LOG_LEVEL: 'info' }));
      return { jobs: await place.open({ annotations: { 'lab/hold': 'yes' } }), store: place.store };
    });

    it('keeps the log of a job in the store', async () => {
      const place = await corner(lab);
      runners.push(runPods(lab, place.namespace, { STORE_URL: place.storeUrl, LOG_LEVEL: 'info' }));
      const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
      const id = await ask(place.store, behaviours.failForGood);
      expect(await jobs.run(jobOf(id), never)).toBe('failed');
      expect(await new TaskRecords(place.store, id).readLog()).toContain('seed: expected 1, found 2');
    });
  });

  describe('an ending', () => {
    it.each([
      ['done', { 'lab/exit-code': '0' }, 'done'],
      ['failed for good', { 'lab/exit-code': '42' }, 'failed'],
    ] as const)('is %s by its exit code', async (_, annotations, end) => {
      const jobs = await open(await corner(lab), { annotations });
      expect(await jobs.run(aJob(), never)).toBe(end);
    });

    it.each([
      [
        'want of memory',
        { 'lab/exit-code': '137', 'lab/reason': 'OOMKilled' },
        /for want of memory \(limit 500 MB\)/,
      ],
      ['a kill', { 'lab/exit-code': '137' }, /was killed by SIGKILL/],
      ['another exit code', { 'lab/exit-code': '1' }, /ended with exit code 1/],
      [
        'an image that cannot be had',
        { 'lab/no-image': 'no such tag' },
        /its image palimpsest:test \(ImagePullBackOff: no such tag\)/,
      ],
    ])('by %s is worth a retry and says so', async (_, annotations, message) => {
      const place = await corner(lab);
      const jobs = await open(place, { annotations: { ...annotations } });
      const job = { ...aJob(), needs: { ...someResources, memoryBytes: 5e8 } };
      const run = jobs.run(job, never);
      await expect(run).rejects.toMatchObject({ code: 'unavailable' });
      await expect(run).rejects.toThrow(message);
    });

    it('by a hand that deletes the Job is worth a retry', async () => {
      const place = await corner(lab);
      const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
      const run = jobs.run(aJob(), never);
      const caught = expect(run).rejects.toThrow(/lost its Job palimpsest-compare-\S+, which was deleted/);
      await eventually('it runs', runs(place), PATIENCE_MS);
      await place.kubectl('delete', 'jobs', '--all');
      await caught;
    });

    it('adds what was said last by a pod that was killed to the log of its task', async () => {
      const place = await corner(lab);
      const jobs = await open(place, { annotations: { 'lab/exit-code': '137' } });
      const job = aJob();
      await expect(jobs.run(job, never)).rejects.toThrow();
      expect(await new TaskRecords(place.store, job.taskId).readLog()).toContain('played by kwok');
    });
  });

  it('does not take a disruption for an end: another pod goes on', async () => {
    const place = await corner(lab);
    const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
    let ended = false;
    const run = jobs.run(aJob(), never).finally(() => (ended = true));
    await eventually('it runs', runs(place), PATIENCE_MS);
    const first = await podOf(place);
    await place.kubectl('annotate', first, 'lab/hold-', 'lab/disrupt=PreemptionByScheduler');
    await eventually(
      'another pod',
      async () => {
        const pods = (await place.kubectl('get', 'pods', '-o', 'name')).trim().split('\n');
        return pods.some((pod) => pod !== first && pod !== '');
      },
      PATIENCE_MS,
    );
    expect(ended).toBe(false);
    await place.kubectl('annotate', 'pods', '--all', '--overwrite', 'lab/hold-');
    expect(await run).toBe('done');
  });

  describe('a job that waits', () => {
    it('says what for, where no node has a GPU for it', async () => {
      const place = await corner(lab);
      const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
      const said: (string | undefined)[] = [];
      const stop = new AbortController();
      const runs = [1, 1, 1].map((gpus) => jobs.run(aJob(gpus), stop.signal, (what) => said.push(what)));
      const words =
        /waits for a GPU: 0 of 2 nodes match \(2 Insufficient nvidia\.com\/gpu\); 2 in use by 2 other jobs/;
      await eventually('it says so', () => said.some((what) => words.test(what ?? '')), PATIENCE_MS);
      stop.abort();
      await allStopped(runs);
    });

    it('says that it is over a quota', async () => {
      const place = await corner(lab);
      await place.kubectl('create', 'quota', 'small', '--hard=pods=0');
      // The API server takes a moment to count by it; until then a pod slips through.
      const refused = () =>
        place.kubectl('run', 'probe', '--image=none', '--dry-run=server').then(
          () => false,
          (error: unknown) => String(error).includes('exceeded quota: small'),
        );
      await eventually('the quota counts', refused, PATIENCE_MS);
      const jobs = await open(place);
      const said: (string | undefined)[] = [];
      const run = jobs.run(aJob(), never, (what) => said.push(what));
      const words = /no pod can be made: .*exceeded quota: small/;
      await eventually('it says so', () => said.some((what) => words.test(what ?? '')), PATIENCE_MS);
      await place.kubectl('delete', 'quota', 'small');
      expect(await run).toBe('done');
    });

    it('never has more pods than there are GPUs', async () => {
      const place = await corner(lab);
      const jobs = await open(place, { annotations: { 'lab/run-for': '3s' } });
      let most = 0;
      const over = new AbortController();
      const counting = (async () => {
        while (!over.signal.aborted) {
          const phases = await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}');
          await sleep(100);
          most = Math.max(most, phases.split(' ').filter((phase) => phase === 'Running').length);
        }
      })();
      const runs = Promise.all(Array.from({ length: 6 }, () => jobs.run(aJob(1), never)));
      const [ends] = await Promise.all([runs.finally(() => over.abort()), counting]);
      expect(ends).toEqual(Array(6).fill('done'));
      expect(most).toBe(2);
    });
  });

  describe('a job that is let go of', () => {
    it('goes on, and the next process goes on with it', async () => {
      const place = await corner(lab);
      const asks = { annotations: { 'lab/hold': 'yes' } };
      const first = await open(place, asks);
      const job = aJob();
      const stop = new AbortController();
      const run = first.run(job, stop.signal);
      await eventually('it runs', runs(place), PATIENCE_MS);
      const pod = await podOf(place);
      stop.abort(new LetGo('the service stops'));
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      await first.close();
      const second = await open(place, asks);
      const again = second.run(job, never);
      await eventually('adopted', () => place.lines.some(({ msg }) => msg === 'job adopted'), PATIENCE_MS);
      expect(await podOf(place)).toBe(pod);
      await place.kubectl('annotate', 'pods', '--all', 'lab/hold-');
      expect(await again).toBe('done');
    });

    it('is deleted when nobody takes it up', async () => {
      const place = await corner(lab);
      const asks = { annotations: { 'lab/hold': 'yes' } };
      const first = await open(place, asks);
      const stop = new AbortController();
      const run = first.run(aJob(), stop.signal);
      await eventually('it runs', runs(place), PATIENCE_MS);
      stop.abort(new LetGo('the service stops'));
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      await first.close();
      const second = await open(place, { ...asks, timing: { keepMs: 200, abandonedMs: 2000 } });
      const followed = aJob();
      const abandon = new AbortController();
      const other = second.run(followed, abandon.signal);
      const wanted = `job.batch/palimpsest-compare-${followed.taskId}`;
      const left = async () => (await names(place)).join();
      await eventually('the other is left alone', async () => (await left()) === wanted, PATIENCE_MS);
      abandon.abort();
      await expect(other).rejects.toMatchObject({ name: 'AbortError' });
    });
  });

  it('leaves neither Job nor pod of what is cancelled', async () => {
    const place = await corner(lab);
    const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
    const stop = new AbortController();
    const running = [aJob(), aJob(), aJob(8)].map((job) => jobs.run(job, stop.signal));
    const pods = async () => (await place.kubectl('get', 'pods', '-o', 'name')).trim().split('\n');
    await eventually('they run', async () => (await pods()).length === 3, PATIENCE_MS);
    stop.abort();
    await allStopped(running);
    expect((await place.kubectl('get', 'jobs,pods', '-o', 'name')).trim()).toBe('');
  });

  it('makes a Job anew that failed, and takes no finished one for the output that is not in the store', async () => {
    const place = await corner(lab);
    const job = aJob();
    const failing = await open(place, { annotations: { 'lab/exit-code': '1' } });
    await expect(failing.run(job, never)).rejects.toThrow('exit code 1');
    const succeeding = await open(place);
    expect(await succeeding.run(job, never)).toBe('done');
    const failing42 = await open(place, { annotations: { 'lab/exit-code': '42' } });
    expect(await failing42.run(job, never)).toBe('failed');
  });

  it('deletes Jobs with the ConfigMap that owns them, starts with none that is not there, and goes on with the next', async () => {
    const reading = { group: '', resource: 'configmaps', verbs: ['get'] };
    const place = await corner(lab, [...requiredPermissions, reading]);
    const options = { owner: 'release' };
    await expect(open(place, { options })).rejects.toThrow('expected a ConfigMap release');
    await place.kubectl('create', 'configmap', 'release');
    const jobs = await open(place, { options, annotations: { 'lab/hold': 'yes' } });
    const lost = expect(jobs.run(aJob(), never)).rejects.toMatchObject({ code: 'unavailable' });
    await eventually('a Job', async () => (await names(place)).length === 1, PATIENCE_MS);
    await place.kubectl('delete', 'configmap', 'release');
    await lost;
    const left = async () => (await place.kubectl('get', 'jobs,pods', '-o', 'name')).trim();
    await eventually('no Job', async () => (await left()) === '', PATIENCE_MS);
    const said: (string | undefined)[] = [];
    const run = jobs.run(aJob(), never, (what) => said.push(what));
    const words = 'waits, as no Job can be made: its owner ConfigMap release is not there';
    await eventually('it says so', () => said.includes(words), PATIENCE_MS);
    await place.kubectl('create', 'configmap', 'release');
    await eventually('it runs', runs(place), PATIENCE_MS);
    await place.kubectl('annotate', 'pods', '--all', 'lab/hold-');
    expect(await run).toBe('done');
  });

  describe('looked at before anything runs', () => {
    it('is well with exactly the permissions that it needs, and makes nothing', async () => {
      const place = await corner(lab);
      const cluster = await place.examine();
      expect(await cluster.reach()).toMatch(/^Kubernetes v1\.\d+\.\d+, namespace jobs-/);
      expect(await cluster.permissions()).toBe('all that jobs need');
      expect(await cluster.template()).toContain('the cluster would take it');
      expect(await names(place)).toEqual([]);
    });

    it('says which permissions are missing', async () => {
      const [jobs, ...others] = requiredPermissions;
      const verbs = jobs!.verbs.filter((verb) => verb !== 'patch');
      const permissions = [{ ...jobs!, verbs }, ...others.filter(({ resource }) => resource !== 'pods/log')];
      const cluster = await (await corner(lab, permissions)).examine();
      await expect(cluster.permissions()).rejects.toThrow(/: patch jobs, get pods\/log$/);
    });

    it('says what the cluster will not take in a template', async () => {
      const cluster = await (await corner(lab)).examine({ container: { imagePullPolicy: 'Sometimes' } });
      await expect(cluster.template()).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('imagePullPolicy') as string,
      });
    });
  });

  describe('with exactly what it needs but for one verb', () => {
    // What deletes pods is in gangs.spec.ts.
    const verbs = requiredPermissions
      .flatMap(({ resource, verbs }) => verbs.map((verb) => [verb, resource] as const))
      .filter(([verb, resource]) => verb !== 'delete' || resource !== 'pods');
    it.each(verbs)('says that it may not %s %s', async (verb, resource) => {
      const permissions = requiredPermissions.map((permission) =>
        permission.resource === resource
          ? { ...permission, verbs: permission.verbs.filter((each) => each !== verb) }
          : permission,
      );
      const place = await corner(
        lab,
        permissions.filter(({ verbs: left }) => left.length > 0),
      );
      const annotations = { 'lab/run-for': '1s', 'lab/exit-code': '1' };
      const jobs = await open(place, { annotations, timing: { podlessMs: 0, keepMs: 200 } });
      const said: string[] = [];
      const job = aJob();
      for (let times = 0; times < 2; times++)
        await jobs.run(job, AbortSignal.timeout(15_000)).catch((error: unknown) => said.push(String(error)));
      const logged = place.lines.map((line) => JSON.stringify(line));
      const words = new RegExp(`cannot ${verb} resource \\\\?"${resource}\\\\?"`);
      expect([...said, ...logged].filter((line) => words.test(line))).not.toEqual([]);
    });
  });

  // The last: whoever watched it comes back one by one, within half a minute.
  it('goes on when the API server was away', async () => {
    const place = await corner(lab);
    const jobs = await open(place, { annotations: { 'lab/hold': 'yes' } });
    const run = jobs.run(aJob(), never);
    await eventually('it runs', runs(place), PATIENCE_MS);
    await lab.apiServer.kill();
    await sleep(3000);
    await lab.apiServer.start();
    await place.kubectl('annotate', 'pods', '--all', 'lab/hold-');
    expect(await run).toBe('done');
    expect(place.lines.some(({ msg }) => String(msg).startsWith('cannot see what becomes of jobs'))).toBe(
      true,
    );
  }, 240_000);
});
