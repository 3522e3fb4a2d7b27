import { OutOfMemoryError } from '@palimpsest/contracts';
import { TaskRecords } from '@palimpsest/platform';
import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../../libs/platform/src/jobs/jobs-conformance.js';
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
const PATIENCE_MS = 30_000;
const holding = { annotations: { 'lab/hold': 'yes' } };

describe.skipIf(reason)(`gangs in Kubernetes${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
    return () => lab.remove();
  });

  const toClose: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(toClose.splice(0).map((close) => close()));
  });
  async function open(place: Corner, asks: Asks = holding) {
    const jobs = await place.open({ ...asks, options: { gangSeconds: '3', ...asks.options } });
    toClose.push(() => jobs.close());
    return jobs;
  }

  let ids = 0;
  const member = (id: string): Job => ({ kind: 'compare', taskId: id, needs: someResources, gang: 'cell' });
  /** Tasks of one gang that nobody has asked for before, in the order of their indexes. */
  const gangOf = (size: number): Job[] =>
    Array.from({ length: size }, () => taskId('compare', aCompareInput({ seed: 1000 + ids++ })))
      .sort()
      .map(member);

  /** Runs of all, each of which can be stopped. */
  const runAll = (jobs: KubernetesJobs, gang: readonly Job[]) =>
    gang.map((job) => {
      const stop = new AbortController();
      const said: (string | undefined)[] = [];
      const run = jobs.run(job, stop.signal, (what) => said.push(what));
      run.catch(() => undefined);
      return { run, stop, said };
    });

  const listed = async (place: Corner, kind: string) =>
    (await place.kubectl('get', kind, '-o', 'name')).split('\n').filter((line) => line !== '');
  /** Names of the pods that run, of one index or of all. */
  const running = async (place: Corner, index?: number) => {
    const label = 'batch.kubernetes.io/job-completion-index';
    const selector = index === undefined ? label : `${label}=${index}`;
    const only = ['-l', selector, '--field-selector', 'status.phase=Running'];
    const found = await place.kubectl('get', 'pods', ...only, '-o', 'name');
    return found.split('\n').filter((line) => line !== '');
  };
  const allRun = (place: Corner, pods: number) =>
    eventually(`${pods} run`, async () => (await running(place)).length === pods, PATIENCE_MS);
  const gangThatRuns = async (size: number) => {
    const place = await corner(lab);
    const runs = runAll(await open(place), gangOf(size));
    await allRun(place, size);
    return { place, runs };
  };
  const end = async (place: Corner, index: number, annotation: string) => {
    const [pod = ''] = await running(place, index);
    await place.kubectl('annotate', pod, 'lab/hold-', annotation);
  };
  /** One that was ended a moment before may go while the others are told. */
  const endAll = (place: Corner) => {
    const tell = () => place.kubectl('annotate', 'pods', '--all', 'lab/hold-');
    return eventually('all may end', () => tell().catch(() => undefined), PATIENCE_MS);
  };
  const ended = (runs: { run: Promise<unknown> }[]) => Promise.all(runs.map(({ run }) => run));

  it('are one Job with a pod for each, and each is done by its own', async () => {
    const { place, runs } = await gangThatRuns(5);
    expect(await listed(place, 'jobs')).toHaveLength(1);
    const waited = ['waits for the others of its gang', undefined];
    await eventually('all began', () => runs.every(({ said }) => said.length === 2), PATIENCE_MS);
    expect(runs.map(({ said }) => said)).toEqual(Array(5).fill(waited));
    await end(place, 3, 'lab/exit-code=0');
    expect(await runs[3]?.run).toBe('done');
    expect(await running(place)).toHaveLength(4);
    await endAll(place);
    expect(await ended(runs)).toEqual(Array(5).fill('done'));
  });

  it('lose nothing but what fails, each in its own words', async () => {
    const { place, runs } = await gangThatRuns(5);
    await end(place, 0, 'lab/exit-code=42');
    expect(await runs[0]?.run).toBe('failed');
    await end(place, 1, 'lab/exit-code=1');
    await expect(runs[1]?.run).rejects.toThrow(/ended with exit code 1/);
    const pod = (await running(place, 2))[0] ?? '';
    await place.kubectl('annotate', pod, 'lab/hold-', 'lab/exit-code=137', 'lab/reason=OOMKilled');
    await expect(runs[2]?.run).rejects.toThrow(OutOfMemoryError);
    expect(await running(place)).toHaveLength(2);
    await endAll(place);
    expect(await ended(runs.slice(3))).toEqual(['done', 'done']);
  });

  it('run what is tried again by itself, while the others go on', async () => {
    const place = await corner(lab);
    const jobs = await open(place);
    const gang = gangOf(3);
    const runs = runAll(jobs, gang);
    await allRun(place, 3);
    await end(place, 0, 'lab/exit-code=1');
    await expect(runs[0]?.run).rejects.toMatchObject({ code: 'unavailable' });
    const again = runAll(jobs, gang.slice(0, 1));
    const name = `job.batch/palimpsest-compare-${gang[0]?.taskId ?? ''}`;
    await eventually('a Job', async () => (await listed(place, 'jobs')).includes(name), PATIENCE_MS);
    expect(await running(place)).toHaveLength(2);
    await eventually('it runs', async () => (await listed(place, 'pods')).length === 4, PATIENCE_MS);
    await endAll(place);
    expect(await ended([...again, ...runs.slice(1)])).toEqual(Array(3).fill('done'));
  });

  it('go without those that come too late, of another gang or with other needs', async () => {
    const place = await corner(lab);
    const jobs = await open(place);
    const [first, second, other, larger, late] = gangOf(5) as [Job, Job, Job, Job, Job];
    const needs = { ...someResources, memoryBytes: 2 * someResources.memoryBytes };
    const runs = runAll(jobs, [first, second, { ...other, gang: 'other' }, { ...larger, needs }]);
    await eventually('three', async () => (await listed(place, 'jobs')).length === 3, PATIENCE_MS);
    runs.push(...runAll(jobs, [late]));
    await eventually('four', async () => (await listed(place, 'jobs')).length === 4, PATIENCE_MS);
    await eventually('all', async () => (await listed(place, 'pods')).length === 5, PATIENCE_MS);
    await endAll(place);
    expect(await ended(runs)).toEqual(Array(5).fill('done'));
  });

  it('end one that is cancelled, and leave the others', async () => {
    const { place, runs } = await gangThatRuns(3);
    runs[1]?.stop.abort();
    await expect(runs[1]?.run).rejects.toMatchObject({ name: 'AbortError' });
    expect(await running(place, 1)).toEqual([]);
    expect(await running(place)).toHaveLength(2);
    await endAll(place);
    expect(await ended([...runs.slice(0, 1), ...runs.slice(2)])).toEqual(['done', 'done']);
    expect(await listed(place, 'jobs')).toHaveLength(1);
  });

  it('leave neither Job nor pod when all are cancelled, at once or one by one', async () => {
    for (const atOnce of [true, false]) {
      const { place, runs } = await gangThatRuns(3);
      for (const { run, stop } of runs) {
        stop.abort();
        if (!atOnce) await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      }
      for (const { run } of runs) await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect((await place.kubectl('get', 'jobs,pods', '-o', 'name')).trim()).toBe('');
    }
  });

  it('end what was cancelled in a queue once it begins, and wait there in words', async () => {
    const place = await corner(lab);
    const jobs = await open(place, { ...holding, options: { queue: 'gpus' }, timing: { keepMs: 200 } });
    const runs = runAll(jobs, gangOf(3));
    const waits = () => runs.every(({ said }) => said.includes('waits in queue gpus'));
    await eventually('they wait', waits, PATIENCE_MS);
    runs[2]?.stop.abort();
    await expect(runs[2]?.run).rejects.toMatchObject({ name: 'AbortError' });
    const [name = ''] = await listed(place, 'jobs');
    await place.kubectl('patch', name, '--patch', '{"spec":{"suspend":false}}');
    await eventually('two run', async () => (await running(place)).length === 2, PATIENCE_MS);
    const alone = async () => (await running(place, 2)).length === 0 && (await running(place)).length === 2;
    await eventually('the third is gone', alone, PATIENCE_MS);
    await endAll(place);
    expect(await ended(runs.slice(0, 2))).toEqual(['done', 'done']);
  });

  it('make a pod again that was disrupted', async () => {
    const { place, runs } = await gangThatRuns(3);
    const [pod = ''] = await running(place, 1);
    await place.kubectl('annotate', pod, 'lab/hold-', 'lab/disrupt=PreemptionByScheduler');
    const replaced = async () => !['', pod].includes((await running(place, 1))[0] ?? '');
    await eventually('another', replaced, PATIENCE_MS);
    await endAll(place);
    expect(await ended(runs)).toEqual(Array(3).fill('done'));
  });

  it('go on without their process, and with the next, whatever ended meanwhile and however it gathers', async () => {
    const place = await corner(lab);
    const first = await open(place);
    const gang = gangOf(4);
    const before = runAll(first, gang);
    await allRun(place, 4);
    const pods = await running(place);
    for (const { run, stop } of before) {
      stop.abort(new LetGo('the service stops'));
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    }
    await first.close();
    await end(place, 0, 'lab/exit-code=1');
    await eventually('it ended', async () => (await running(place)).length === 3, PATIENCE_MS);
    const second = await place.open(holding);
    toClose.push(() => second.close());
    const after = runAll(second, gang.slice(1));
    const adopted = () => place.lines.filter(({ msg }) => msg === 'job adopted').length >= 3;
    await eventually('adopted', adopted, PATIENCE_MS);
    expect(pods).toEqual(expect.arrayContaining(await running(place)));
    after[0]?.stop.abort();
    await expect(after[0]?.run).rejects.toMatchObject({ name: 'AbortError' });
    expect(await running(place)).toHaveLength(2);
    await endAll(place);
    expect(await ended(after.slice(1))).toEqual(['done', 'done']);
    expect(await listed(place, 'jobs')).toHaveLength(1);
  });

  it('each do their own task, with its log, its output and its error', async () => {
    const place = await corner(lab);
    const runner = runPods(lab, place.namespace, { STORE_URL: place.storeUrl, LOG_LEVEL: 'info' });
    toClose.push(() => runner.stop());
    const [good, bad] = await Promise.all([
      ask(place.store, behaviours.succeed),
      ask(place.store, behaviours.failForGood),
    ]);
    const runs = runAll(await open(place), [member(good), member(bad)]);
    expect(await ended(runs)).toEqual(['done', 'failed']);
    expect(await listed(place, 'jobs')).toHaveLength(1);
    expect((await new TaskRecords(place.store, good).readOutput())?.output).toMatchObject({ layers: [] });
    expect(await new TaskRecords(place.store, bad).readLog()).toContain('seed: expected 1, found 2');
  });

  it('need to be allowed to delete pods, and say so', async () => {
    const without = requiredPermissions.map(({ verbs, ...of }) =>
      of.resource === 'pods' ? { ...of, verbs: verbs.filter((verb) => verb !== 'delete') } : { ...of, verbs },
    );
    const place = await corner(lab, without);
    const cluster = await place.examine({ options: { gangSeconds: '1' } });
    for (const each of [cluster, await place.examine()])
      await expect(each.permissions()).rejects.toThrow(/: delete pods$/);
    expect(await cluster.template()).toContain('the cluster would take it');
    const runs = runAll(await open(place), gangOf(2));
    await allRun(place, 2);
    runs[0]?.stop.abort();
    await expect(runs[0]?.run).rejects.toThrow(/cannot delete resource "pods"/);
  });
});
