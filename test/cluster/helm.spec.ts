import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '@palimpsest/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { programPath } from '../charts/tools/programs.mjs';
import { missing, startLab, type Lab } from './lab/lab.mjs';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const helms = ['helm', 'helm4'] as const;
const reason = missing() ?? helms.map((name) => (programPath(name) ? undefined : `no ${name}`)).find(Boolean);
const run = promisify(execFile);
const chart = 'helm/palimpsest';

/** What a release leaves on purpose, or Kubernetes by itself. */
const kept = /kube-root-ca.crt|serviceaccount\/default$|service\/kubernetes$/;

describe.skipIf(reason)(`the chart and an API server${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
    return () => lab.remove();
  });

  describe.each(helms)('with %s', (name) => {
    const namespace = name;
    const kubectl = (...args: string[]) => lab.kubectl('--namespace', namespace, ...args);
    const helm = async (...args: string[]) => {
      const where = ['--kubeconfig', lab.kubeconfig, '--namespace', namespace];
      return (await run(programPath(name) ?? '', [...where, ...args])).stdout;
    };
    const upgrade = (file: string, ...sets: string[]) => {
      const values = ['--values', `${chart}/cases/${file}.yaml`, ...sets.flatMap((set) => ['--set', set])];
      return helm('upgrade', 'lab', chart, '--install', ...values);
    };
    const names = async (kinds: string) =>
      (await kubectl('get', kinds, '--output', 'name'))
        .split('\n')
        .filter((each) => each && !kept.test(each));
    const replicas = (deployment: string) =>
      kubectl('get', 'deployment', deployment, '--output', 'jsonpath={.spec.replicas}');
    beforeAll(() => lab.kubectl('create', 'namespace', namespace));

    it('is accepted, migrates first and becomes ready', async () => {
      await upgrade('minimal', 'datasets.volume=null');
      await kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=60s');
      expect(await names('deployments')).toHaveLength(6);
      expect(await names('jobs')).toEqual([]);
    });

    it('leaves replicas to whoever scales, upgrade after upgrade', async () => {
      const scaler = ['minReplicas=2', 'maxReplicas=5', 'cpu=70'];
      const sets = scaler.map((each) => `services.ingestion.autoscaling.${each}`);
      await upgrade('minimal', 'datasets.volume=null', ...sets);
      await kubectl('scale', 'deployment', 'lab-palimpsest-ingestion', '--replicas=4');
      await upgrade('minimal', 'datasets.volume=null', 'settings.LOG_LEVEL=debug', ...sets);
      expect(await replicas('lab-palimpsest-ingestion')).toBe('4');
      await upgrade('minimal', 'datasets.volume=null', 'services.api.replicas=3');
      expect(await replicas('lab-palimpsest-api')).toBe('3');
    });

    it('says what a name that nobody knows should have been, and changes nothing', async () => {
      const before = await helm('history', 'lab', '--output', 'json');
      await expect(upgrade('minimal', 'services.api.replica=2')).rejects.toThrow(/replica/);
      expect(await helm('history', 'lab', '--output', 'json')).toBe(before);
    });

    it('leaves nothing when it is uninstalled', async () => {
      await helm('uninstall', 'lab', '--wait');
      const kinds =
        'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,hpa';
      await eventually('nothing is left', async () => (await names(kinds)).length === 0, 60_000);
      expect(await names('secrets')).toEqual([]);
    });

    it('keeps the data of mode single', async () => {
      await upgrade('single', 'datasets.volume=null');
      const [claim] = await names('persistentvolumeclaims');
      await helm('uninstall', 'lab');
      expect(await names('persistentvolumeclaims')).toEqual([claim]);
      expect(claim).toBeDefined();
    });
  });
});
