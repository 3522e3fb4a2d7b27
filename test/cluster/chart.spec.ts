import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { eventually } from '@palimpsest/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashesOf, start, type Started } from '../support/palimpsest.js';
import { Installation, missing } from './support/installation.js';
import { installQueue, kueueImage } from './support/queue.js';

const reason = missing();
const MINUTES = 60_000;
const jobs = 'app.kubernetes.io/component=job';

describe.skipIf(reason)(`the chart on a cluster${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let there: Installation;
  let out = '';
  beforeAll(async () => {
    out = mkdtempSync(path.join(tmpdir(), 'palimpsest-reports-'));
    there = await Installation.start();
    return async () => {
      await there.remove();
      rmSync(out, { recursive: true });
    };
  }, 5 * MINUTES);

  /** Starts a study on the cluster. */
  const studyOn = async (file: string, name: string): Promise<Started> =>
    start(['run', file, '--server', await there.server(), '--out', path.join(out, name)], {});
  /** Hashes of the report that one process makes of it, with nothing but files. */
  const embedded = async (file: string, name: string) => {
    const [data, report] = [path.join(out, `${name}-data`), path.join(out, `${name}-embedded`)];
    const ended = await start(['run', file, '--data', data, '--out', report]).end;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return hashesOf(report);
  };
  /** That a study ends well, with the report that it has undisturbed. */
  const endsAsEmbedded = async (study: Started, file: string, name: string) => {
    const ended = await study.end;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(hashesOf(path.join(out, name))).toEqual(await embedded(file, name));
  };
  /** Images of the pods with a label, one beside the other. */
  const imagesOf = (selector: string) =>
    there.kubectl(
      ...['get', 'pods', '--selector', selector],
      ...['--output', 'jsonpath={.items[*].spec.containers[*].image}'],
    );
  const trainingPods = () => there.names('pods', jobs, '--field-selector=status.phase=Running');
  const drain = () =>
    there.lab.kubectl(
      ...['drain', 'node-0', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=150s'],
    );

  it(
    'is installed, with the tables made before anything else',
    async () => {
      await there.install();
      expect(await there.names('deployments')).toHaveLength(6);
      expect(await there.names('jobs')).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    'lets each pod reach what it needs and nothing else, and nobody else reach them',
    async () => {
      const more: Record<string, string[]> = { api: ['database'], training: ['cluster'] };
      for (const deployment of await there.names('deployments')) {
        const also = more[deployment.slice(deployment.indexOf('-') + 1)] ?? [];
        expect([deployment, await there.reachedFrom(deployment)]).toEqual([
          deployment,
          ['bus', 'store', ...also],
        ]);
      }
      // It has no policy of its own: what it cannot reach guards itself.
      expect(await there.reachedByOther('default')).toEqual(['bus', 'store', 'database', 'cluster']);
    },
    2 * MINUTES,
  );

  it(
    'passes its own test: a study from images to the report',
    async () => {
      expect(await there.helm('test', there.release, '--timeout', '8m')).toMatch(/Phase: +Succeeded/);
    },
    9 * MINUTES,
  );

  it(
    'makes the report of an undisturbed process, though each pod is deleted and the node drained',
    async () => {
      const file = await there.study('disturbed', 12);
      const study = await studyOn(file, 'disturbed');
      await eventually('a training runs', async () => (await trainingPods()).length > 0, 2 * MINUTES);
      const before = await there.names('pods', jobs);
      await there.kubectl('delete', 'pods', '--all', '--wait=false');
      const another = async () => (await trainingPods()).some((pod) => !before.includes(pod));
      await eventually('a training runs again', another, 4 * MINUTES);
      try {
        await drain();
        // Once more, for what was placed before the scheduler had heard of the first.
        await drain();
        expect(await trainingPods()).toEqual([]);
      } finally {
        await there.lab.kubectl('uncordon', 'node-0');
      }
      await endsAsEmbedded(study, file, 'disturbed');
    },
    14 * MINUTES,
  );

  it(
    'asks for a GPU for each training, on the nodes that have them, and lets it reach the store alone',
    async () => {
      const { items } = JSON.parse(await there.kubectl('get', 'jobs', '--output', 'json')) as {
        items: { spec: { template: V1PodTemplateSpec } }[];
      };
      expect(items.length).toBeGreaterThan(0);
      for (const { spec } of items) {
        const { nodeSelector, containers = [] } = spec.template.spec ?? {};
        expect(nodeSelector).toEqual({ pool: 'gpu' });
        expect(containers[0]?.resources).toMatchObject({ limits: { 'nvidia.com/gpu': '1' } });
      }
      // A training itself may end while it is asked. The Job's own labels would make the pod its own.
      const labels = Object.entries(items[0]?.spec.template.metadata?.labels ?? {});
      const own = labels.filter(([name]) => name.startsWith('app.kubernetes.io/'));
      expect(await there.reachedByOther(there.namespace, Object.fromEntries(own))).toEqual(['store']);
    },
    2 * MINUTES,
  );

  it(
    'upgrades and rolls back while a study runs, and trainings go on untouched',
    async () => {
      const file = await there.study('upgraded', 14);
      const study = await studyOn(file, 'upgraded');
      let job = '';
      const first = async () => (job = (await trainingPods())[0] ?? '');
      await eventually('a training runs', first, 2 * MINUTES);
      await there.upgrade('next', 'settings.LOG_LEVEL=debug', 'services.activations.replicas=3');
      // The one before is still on its way out.
      const workers = () => imagesOf('app.kubernetes.io/component=activations');
      await eventually('three new pods', async () => /^(\S+:next ?){3}$/.test(await workers()), 2 * MINUTES);
      expect(await there.names('pods', jobs)).toContain(job);
      await there.helm('rollback', there.release, '--wait', '--timeout', '4m');
      await endsAsEmbedded(study, file, 'upgraded');
    },
    14 * MINUTES,
  );

  it.skipIf(!kueueImage())(
    `lets trainings wait in a queue of Kueue${kueueImage() ? '' : ' (skipped: node test/cluster/lab/fetch.mjs builds it)'}`,
    async () => {
      await installQueue(there, 1);
      await there.install('jobs.queue=palimpsest');
      const file = await there.study('queued', 3);
      const study = await studyOn(file, 'queued');
      const states = () => there.kubectl('get', 'jobs', '--output', 'jsonpath={.items[*].spec.suspend}');
      let [most, waited, over] = [0, false, false];
      const watching = (async () => {
        while (!over) {
          most = Math.max(most, (await trainingPods()).length);
          waited ||= (await states()).includes('true');
        }
      })();
      await Promise.all([study.end.finally(() => (over = true)), watching]);
      await endsAsEmbedded(study, file, 'queued');
      // Two GPUs are there, and the queue has one to give.
      expect([most, waited]).toEqual([1, true]);
      expect(await there.names('workloads')).not.toEqual([]);
    },
    9 * MINUTES,
  );

  it(
    'leaves nothing when it is uninstalled',
    async () => {
      await there.helm('uninstall', there.release, '--wait', '--timeout', '2m');
      const kinds =
        'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,persistentvolumeclaims';
      const left = async () =>
        (await there.names(kinds)).filter((name) => !/kube-root-ca.crt|serviceaccount\/default$/.test(name));
      await eventually('nothing is left', async () => (await left()).length === 0, 2 * MINUTES);
      expect(await there.names('secrets')).toEqual(['secret/store']);
    },
    6 * MINUTES,
  );

  it(
    'runs in one pod with nothing beside it, by Helm 4, and keeps its data',
    async () => {
      const release = await there.installAlone();
      const test = () => there.helm4('test', release, '--timeout', '8m');
      expect(await test()).toMatch(/Phase: +Succeeded/);
      await there.kubectl('delete', 'pods', '--all');
      await there.kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=120s');
      // Nothing is computed twice.
      expect(await test()).toMatch(/Phase: +Succeeded/);
      expect(await there.names('persistentvolumeclaims')).toEqual(['persistentvolumeclaim/data']);
    },
    9 * MINUTES,
  );
});
