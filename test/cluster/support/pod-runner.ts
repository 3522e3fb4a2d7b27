import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';
import type { Lab } from '../lab/lab.mjs';

const program = fileURLToPath(new URL('../../../libs/platform/dist/tasks/tasks.fixture.js', import.meta.url));
const asMerge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/**
 * Runs, as a kubelet would, what the pods of a namespace ask for that are held (`lab/hold`): a process of the fixture
 * with the container's arguments and variables, whose exit code becomes the pod's end.
 */
export function runPods(lab: Lab, namespace: string, env: Record<string, string>): { stop(): Promise<void> } {
  const config = new KubeConfig();
  config.loadFromFile(lab.kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const children = new Map<string, ChildProcess>();
  const stop = new AbortController();

  const begin = (pod: V1Pod) => {
    const container = pod.spec!.containers[0]!;
    const given = Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value]));
    const index = pod.metadata?.labels?.['batch.kubernetes.io/job-completion-index'];
    const child = spawn(process.execPath, [program, ...(container.args ?? [])], {
      env: { ...process.env, ...env, ...given, ...(index && { JOB_COMPLETION_INDEX: index }) },
      stdio: 'ignore',
    });
    child.once('exit', (code, signal) => void end(pod, code ?? (signal === 'SIGKILL' ? 137 : 143)));
    children.set(pod.metadata!.uid!, child);
  };
  const end = async (pod: V1Pod, exitCode: number) => {
    const { name, image } = pod.spec!.containers[0]!;
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
    const status = { name, image, imageID: '', ready: false, restartCount: 0, state: { terminated } };
    const body = { status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [status] } };
    const where = { name: pod.metadata!.name!, namespace };
    // A pod that is gone has no end; a server that is away comes back.
    for (let left = 20; left > 0; left--)
      try {
        await api.patchNamespacedPodStatus({ ...where, body }, asMerge);
        return;
      } catch (error) {
        if ((error as { code?: number }).code === 404) return;
        await sleep(250);
      }
  };
  const look = async () => {
    const { items } = await api.listNamespacedPod({ namespace });
    const there = new Set(items.map(({ metadata }) => metadata!.uid!));
    for (const [uid, child] of children) if (!there.has(uid)) child.kill('SIGKILL');
    for (const pod of items) {
      const { uid = '', deletionTimestamp, annotations } = pod.metadata!;
      if (deletionTimestamp) children.get(uid)?.kill('SIGTERM');
      else if (pod.status?.phase === 'Running' && annotations?.['lab/hold'] && !children.has(uid)) begin(pod);
    }
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look().catch(() => undefined);
      await sleep(100);
    }
  })();
  return {
    stop: async () => {
      stop.abort();
      await looking;
      for (const child of children.values()) child.kill('SIGKILL');
    },
  };
}
