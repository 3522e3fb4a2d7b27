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

/** All that the service account of a process that runs jobs must be allowed, in the namespace of the jobs alone. */
export const requiredPermissions: readonly Permission[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list', 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list'] },
];

/** The same for a place that may have an owner of its Jobs, which is looked up. */
export const permissionsIn = ({ owner }: Pick<KubernetesPlace, 'owner'>): readonly Permission[] =>
  owner === undefined
    ? requiredPermissions
    : [...requiredPermissions, { group: '', resource: 'configmaps', verbs: ['get'], name: owner }];
