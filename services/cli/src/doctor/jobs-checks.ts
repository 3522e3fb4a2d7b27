import { examineKubernetes, type Config, type KubernetesExamination } from '@palimpsest/platform';
import { safe, type Check } from './check.js';

/** The place that `JOBS_URL` names. */
export function jobsChecks(config: Config): Check[] {
  const advice = 'see JOBS_URL and docs/guide/kubernetes-jobs.md';
  const thing = 'jobs';
  if (!config.JOBS_URL.startsWith('kubernetes:'))
    return [{ thing, advice, run: () => Promise.resolve(safe(config.JOBS_URL)) }];
  const asking = (ask: (examination: KubernetesExamination) => Promise<string>) => async () =>
    ask(await examineKubernetes(config));
  return [
    { thing, advice, run: asking((cluster) => cluster.reach()) },
    { thing: `${thing}: permissions`, advice, run: asking((cluster) => cluster.permissions()) },
    { thing: `${thing}: template`, advice, run: asking((cluster) => cluster.template()) },
  ];
}
