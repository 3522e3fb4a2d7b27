import type * as k8s from '@kubernetes/client-node';

/** An object as it comes in JSON: what the client's types call a class is a mapping, and a date is a string. */
type Plain<T> = T extends Date
  ? string
  : T extends (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

export type KubeJob = Plain<k8s.V1Job>;
export type KubeJobSpec = Plain<k8s.V1JobSpec>;
/** Whether an object is of another: made by it, and to go with it. */
export const isOwnedBy = ({ metadata }: Pick<KubePod, 'metadata'>, owner: string): boolean =>
  metadata?.ownerReferences?.some(({ uid }) => uid === owner) ?? false;

/** Whether a pod has not come to its end. */
export const isLive = ({ status }: Pick<KubePod, 'status'>): boolean =>
  status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export type KubeOwner = Plain<k8s.V1OwnerReference>;
export type KubeConfigMap = Plain<k8s.V1ConfigMap>;
export type KubePod = Plain<k8s.V1Pod>;
export type KubePodStatus = Plain<k8s.V1PodStatus>;
export type KubePodTemplate = Plain<k8s.V1PodTemplateSpec>;
export type KubeContainer = Plain<k8s.V1Container>;
export type KubeContainerStatus = Plain<k8s.V1ContainerStatus>;
export type KubeResources = Plain<k8s.V1ResourceRequirements>;
export type KubeVariable = Plain<k8s.V1EnvVar>;
export type KubeEvent = Plain<k8s.CoreV1Event>;
export type KubeList<T> = Pick<Plain<k8s.V1PodList>, 'metadata'> & { items: T[] };
export type KubeAccessReview = Plain<k8s.V1SelfSubjectAccessReview>;
