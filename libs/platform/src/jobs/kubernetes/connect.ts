import { messageOf, PlatformError } from '@palimpsest/contracts';
import { KubernetesApi } from './kubernetes-api.js';
import type { KubernetesPlace } from './place.js';
import { Transport } from './transport.js';

/**
 * Opens the cluster that KUBECONFIG names, or else the one that this process runs in. Nothing is asked of it yet.
 * @throws PlatformError `invalid` where there is neither
 */
export async function connectKubernetes(
  { namespace }: Pick<KubernetesPlace, 'namespace'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubernetesApi> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (env.KUBECONFIG) config.loadFromFile(env.KUBECONFIG);
    else if (env.KUBERNETES_SERVICE_HOST) config.loadFromCluster();
    else throw new Error('expected to run in a pod, or KUBECONFIG to name a file, found neither');
  } catch (cause) {
    throw new PlatformError('invalid', `Kubernetes: ${messageOf(cause)}`, { cause });
  }
  return new KubernetesApi(new Transport(config), namespace);
}
