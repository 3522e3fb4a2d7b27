import type { KubernetesPlace } from './place.js';

/** What may be done with one kind of object in the namespace of the jobs. */
export interface Permission {
  /** Empty for the core group. */
  group: string;
  /** With its part, such as `pods/log`. */
  resource: string;
  verbs: readonly string[];
  /** The one object that is meant; all of them where this is not given. */
  name?: string;
}

/**
 * All that the service account of a process that runs jobs must be allowed, in the namespace of the jobs alone. Pods are
 * deleted of gangs alone, which go on when `gangSeconds` is taken away.
 */
export const requiredPermissions: readonly Permission[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list', 'watch', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list'] },
];

/** The same for a place whose Jobs may have an owner that is looked up. */
export function permissionsIn({ owner }: Partial<KubernetesPlace>): readonly Permission[] {
  if (owner === undefined) return requiredPermissions;
  return [...requiredPermissions, { group: '', resource: 'configmaps', verbs: ['get'], name: owner }];
}
