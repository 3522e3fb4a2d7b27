import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { readTaskLog } from '@palimpsest/platform';
import { eventually, someResources } from '@palimpsest/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../libs/platform/src/jobs/jobs.js';
import { missing, startLab, type Lab, type OwnImage } from './lab/lab.mjs';
import { corner, type Corner } from './support/corner.js';
import { makeGpuPool, ontoGpuPool } from './support/gpu-pool.js';

const reason = existsSync('/bin/busybox') ? missing({ mode: 'node' }) : 'no /bin/busybox';
const MINUTES = 60_000;
const never = new AbortController().signal;
const image = 'palimpsest-lab/busybox:1';
const job: Job = {
  kind: 'train',
  taskId: '0'.repeat(32),
  needs: { ...someResources, cpus: 0.1, memoryBytes: 32 * 2 ** 20 },
};

/** What the container of a template runs instead of the program. */
const shell = (script: string) => ({
  container: { image, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script] },
});

function busybox(): OwnImage {
  const names = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n');
  const applets = names.filter((name) => name !== '' && name !== 'busybox');
  const links = Object.fromEntries(applets.map((name) => [`/bin/${name}`, 'busybox']));
  return { name: image, files: { '/bin/busybox': '/bin/busybox' }, links, entrypoint: ['/bin/sh'] };
}

describe.skipIf(reason)(`jobs on a real node${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ mode: 'node', images: [busybox()] });
    return () => lab.remove();
  }, 5 * MINUTES);

  it.each([
    ['done', 'exit 0'],
    ['failed', 'exit 42'],
  ])('are %s by their exit code', async (end, script) => {
    const jobs = await (await corner(lab)).open(shell(script));
    expect(await jobs.run(job, never)).toBe(end);
    await jobs.close();
  });

  it('say that they were killed for want of memory, and their last words are kept', async () => {
    const place = await corner(lab);
    const jobs = await place.open(shell('echo so far so good; tail /dev/zero; code=$?; sleep 1; exit $code'));
    await expect(jobs.run(job, never)).rejects.toThrow(/was killed for want of memory \(limit 34 MB\)/);
    expect(await readTaskLog(place.store, job.taskId)).toContain('so far so good');
    await jobs.close();
  });

  it('say that their image is not there', async () => {
    const place = await corner(lab);
    const jobs = await place.open({ container: { image: 'nowhere:1', imagePullPolicy: 'Never' } });
    await expect(jobs.run(job, never)).rejects.toThrow(/cannot get its image nowhere:1 \(ErrImageNeverPull/);
    expect((await place.kubectl('get', 'jobs', '-o', 'name')).trim()).toBe('');
    await jobs.close();
  });

  it('are told to stop when they are cancelled, and are gone after', async () => {
    const place = await corner(lab);
    const jobs = await place.open(shell('trap "exit 1" TERM; while true; do sleep 0.1; done'));
    const stop = new AbortController();
    const run = jobs.run(job, stop.signal);
    const phase = () => place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}');
    await eventually('it runs', async () => (await phase()) === 'Running', 30_000);
    stop.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect((await place.kubectl('get', 'jobs,pods', '-o', 'name')).trim()).toBe('');
    await jobs.close();
  });

  it('end each by its own where they share a Job, and are told to stop one by one', async () => {
    const place = await corner(lab);
    const wait = 'trap "exit 1" TERM; while true; do sleep 0.1; done';
    const script = `case $JOB_COMPLETION_INDEX in 0) exit 0;; 1) exit 42;; *) ${wait};; esac`;
    const jobs = await place.open({ ...shell(script), options: { gangSeconds: '3' } });
    const runs = ['a', 'b', 'c', 'd'].map((letter) => {
      const stop = new AbortController();
      const run = jobs.run({ ...job, taskId: letter.repeat(32), gang: 'cell' }, stop.signal);
      return { run, stop };
    });
    const [done, failed, ...others] = runs;
    expect(await done?.run).toBe('done');
    expect(await failed?.run).toBe('failed');
    const running = async () => {
      const only = ['--field-selector', 'status.phase=Running', '-o', 'name'];
      return (await place.kubectl('get', 'pods', ...only)).split('\n').filter((line) => line !== '').length;
    };
    await eventually('two run', async () => (await running()) === 2, 30_000);
    for (const [i, { run, stop }] of others.entries()) {
      stop.abort();
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(await running()).toBe(1 - i);
    }
    expect((await place.kubectl('get', 'jobs,pods', '-o', 'name')).trim()).toBe('');
    await jobs.close();
  });

  // The last: what comes after it would have to tolerate the taint.
  it('take turns at the GPUs of a tainted pool: of six never more than two at once', async () => {
    await makeGpuPool(lab, 2);
    const place = await corner(lab);
    const jobs = await place.open({ ...shell('sleep 2'), pod: ontoGpuPool });
    const needs = { ...job.needs, gpus: 1 };
    const runs = ['1', '2', '3', '4', '5', '6'].map((digit) =>
      jobs.run({ ...job, needs, taskId: digit.repeat(32) }, never),
    );
    let [ended, most] = [false, 0];
    const watching = (async () => {
      while (!ended) {
        most = Math.max(most, await bound(place));
        await sleep(100);
      }
    })();
    const all = Promise.all(runs).finally(() => (ended = true));
    const [ends] = await Promise.all([all, watching]);
    expect(ends).toEqual(runs.map(() => 'done'));
    expect(most).toBe(2);
    await jobs.close();
  });
});

/** How many pods have a node and have not ended. */
async function bound(place: Corner): Promise<number> {
  const { items } = JSON.parse(await place.kubectl('get', 'pods', '-o', 'json')) as { items: V1Pod[] };
  return items.filter(
    ({ spec, status }) => spec?.nodeName && !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  ).length;
}
