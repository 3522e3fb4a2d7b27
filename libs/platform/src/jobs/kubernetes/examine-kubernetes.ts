import { PlatformError } from '@palimpsest/contracts';
import { connectKubernetes } from './connect.js';
import { manifestOf } from './manifest.js';
import { permissionsIn } from './permissions.js';
import { parseKubernetesUrl } from './place.js';
import { readTemplates } from './template.js';

/** What can be found out about the cluster that a `JOBS_URL` names. Each says what it found, or throws a PlatformError. */
export interface KubernetesExamination {
  /** Whether an API server answers, and of which release. */
  reach(): Promise<string>;
  /** Whether all may be done that jobs need. */
  permissions(): Promise<string>;
  /** Whether the cluster would take a job made from the template. Nothing is made. */
  template(): Promise<string>;
}

const noTask = {
  ...({ kind: 'train', taskId: '0'.repeat(32) } as const),
  needs: { cpus: 1, memoryBytes: 1e9 },
};

const someGang = ['0'.repeat(32), '1'.repeat(32)];

/** Looks at the cluster and the template of a `JOBS_URL` such as `kubernetes:?namespace=…`. */
export async function examineKubernetes(
  { JOBS_URL, GPUS_PER_JOB: gpus }: { JOBS_URL: string; GPUS_PER_JOB: number },
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubernetesExamination> {
  const place = parseKubernetesUrl(JOBS_URL);
  const api = await connectKubernetes(place, env);
  return {
    reach: async () => `Kubernetes ${await api.version()}, namespace ${place.namespace}`,
    permissions: async () => {
      const denied: string[] = [];
      for (const permission of permissionsIn(place))
        for (const verb of permission.verbs)
          if (!(await api.mayI(verb, permission))) denied.push(`${verb} ${permission.resource}`);
      if (denied.length === 0) return 'all that jobs need';
      const problem = `not allowed in namespace ${place.namespace}: ${denied.join(', ')}`;
      throw new PlatformError('denied', problem);
    },
    template: async () => {
      const templates = await readTemplates(place);
      for (const each of new Set([0, gpus])) {
        const job = { ...noTask, needs: { ...noTask.needs, gpus: each } };
        for (const gang of place.gangSeconds === undefined ? [undefined] : [undefined, someGang])
          await api.createJob(manifestOf(job, { place, templates, environment: {}, gang }), { dryRun: true });
      }
      return `${place.template}: the cluster would take it`;
    },
  };
}
