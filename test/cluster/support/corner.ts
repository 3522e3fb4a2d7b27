import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig, openStore, type Store } from '@palimpsest/platform';
import { pino } from 'pino';
import {
  openKubernetesJobs,
  type KubernetesJobsOptions,
} from '../../../libs/platform/src/jobs/kubernetes/kubernetes-jobs.js';
import type { KubernetesJobs } from '../../../libs/platform/src/jobs/kubernetes/kubernetes-jobs.js';
import {
  requiredPermissions,
  type Permission,
} from '../../../libs/platform/src/jobs/kubernetes/permissions.js';
import type { Lab } from '../lab/lab.mjs';

/** A namespace that nobody else uses, with a service account that may do what the driver needs and no more. */
export interface Corner {
  namespace: string;
  store: Store;
  storeUrl: string;
  /** Lines that drivers logged. */
  lines: Record<string, unknown>[];
  open(asks?: Asks): Promise<KubernetesJobs>;
  kubectl(...args: string[]): Promise<string>;
}

/** How a driver is opened. */
export interface Asks {
  /** Annotations of pods, which say how they are played. */
  annotations?: Record<string, string>;
  /** More options of the URL. */
  options?: Record<string, string>;
  timing?: KubernetesJobsOptions['timing'];
}

/** Quick enough for tests. */
const timing = { lookMs: 100, stuckMs: 1500, podlessMs: 1000, removalMs: 20_000 };

export async function corner(
  lab: Lab,
  permissions: readonly Permission[] = requiredPermissions,
): Promise<Corner> {
  const namespace = `jobs-${randomUUID().slice(0, 8)}`;
  await allow(lab, namespace, permissions);
  const KUBECONFIG = await lab.kubeconfigFor(namespace, 'worker');
  const folder = await mkdtemp(path.join(lab.folder, 'corner-'));
  const storeUrl = `file:${folder}/store`;
  const store = openStore(storeUrl);
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const open = async ({ annotations = {}, options = {}, ...rest }: Asks = {}) => {
    const template = path.join(folder, `${randomUUID()}.yaml`);
    await writeFile(template, JSON.stringify(jobTemplate(annotations)));
    const query = new URLSearchParams({ namespace, template, ...options }).toString();
    const config = loadConfig({ JOBS_URL: `kubernetes:?${query}`, STORE_URL: storeUrl });
    const jobs = await openKubernetesJobs({
      ...{ config, store, log, env: { KUBECONFIG } },
      timing: { ...timing, ...rest.timing },
    });
    await jobs.open();
    return jobs;
  };
  const kubectl = (...args: string[]) => lab.kubectl('-n', namespace, ...args);
  return { namespace, store, storeUrl, lines, open, kubectl };
}

const jobTemplate = (annotations: Record<string, string>) => ({
  ...{ apiVersion: 'batch/v1', kind: 'Job' },
  spec: {
    template: {
      metadata: { annotations },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'task', image: 'palimpsest:test' }],
      },
    },
  },
});

async function allow(lab: Lab, namespace: string, permissions: readonly Permission[]): Promise<void> {
  const metadata = { name: 'worker', namespace };
  const rules = permissions.map(({ group, resource, verbs }) => ({
    ...{ apiGroups: [group], resources: [resource], verbs },
  }));
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'worker' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await lab.apply({
    ...{ apiVersion: 'v1', kind: 'List' },
    items: [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion, kind: 'Role', metadata, rules },
      {
        apiVersion,
        kind: 'RoleBinding',
        metadata,
        roleRef,
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
    ],
  });
}
