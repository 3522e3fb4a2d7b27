import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig, openStore, type Store } from '@palimpsest/platform';
import { pino } from 'pino';
import {
  examineKubernetes,
  type KubernetesExamination,
} from '../../../libs/platform/src/jobs/kubernetes/examine-kubernetes.js';
import {
  openKubernetesJobs,
  type KubernetesJobs,
  type KubernetesJobsOptions,
} from '../../../libs/platform/src/jobs/kubernetes/kubernetes-jobs.js';
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
  /** Of the service account. */
  kubeconfig: string;
  /** Writes a template. @returns what JOBS_URL takes */
  urlFor(asks: Asks): Promise<string>;
  open(asks?: Asks): Promise<KubernetesJobs>;
  examine(asks?: Asks): Promise<KubernetesExamination>;
  kubectl(...args: string[]): Promise<string>;
}

/** How a driver is opened. */
export interface Asks {
  /** Annotations of pods, which say how they are played. */
  annotations?: Record<string, string>;
  /** More fields of the container, such as its image and command. */
  container?: object;
  /** More fields of the pod, such as its tolerations. */
  pod?: object;
  /** More options of the URL. */
  options?: Record<string, string>;
  timing?: KubernetesJobsOptions['timing'];
}

/** Quick enough for tests. */
const timing = { lookMs: 100, stuckMs: 1500, podlessMs: 1000, removalMs: 60_000 };

/** Makes one, where the service account has these permissions alone. */
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
  const urlFor = async ({ options = {}, ...asks }: Asks) => {
    const template = path.join(folder, `${randomUUID()}.yaml`);
    await writeFile(template, JSON.stringify(jobTemplate(asks)));
    return `kubernetes:?${new URLSearchParams({ namespace, template, ...options }).toString()}`;
  };
  const env = { KUBECONFIG };
  const open = async (asks: Asks = {}) => {
    const config = loadConfig({ JOBS_URL: await urlFor(asks), STORE_URL: storeUrl });
    const jobs = await openKubernetesJobs({
      ...{ config, store, log, env },
      timing: { ...timing, ...asks.timing },
    });
    await jobs.open();
    return jobs;
  };
  const examine = async (asks: Asks = {}) =>
    examineKubernetes({ JOBS_URL: await urlFor(asks), GPUS_PER_JOB: 1 }, env);
  const kubectl = (...args: string[]) => lab.kubectl('-n', namespace, ...args);
  return { namespace, kubeconfig: KUBECONFIG, store, storeUrl, lines, urlFor, open, examine, kubectl };
}

const jobTemplate = ({ annotations = {}, container = {}, pod = {} }: Asks) => ({
  ...{ apiVersion: 'batch/v1', kind: 'Job' },
  spec: {
    template: {
      metadata: { annotations },
      spec: {
        ...{ terminationGracePeriodSeconds: 1, ...pod },
        containers: [{ name: 'task', image: 'palimpsest:test', ...container }],
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
