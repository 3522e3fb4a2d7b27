/** What may be done with one kind of object in the namespace of the jobs. */
export interface Permission {
  /** Empty for the core group. */
  group: string;
  /** With its part, such as `pods/log`. */
  resource: string;
  verbs: readonly string[];
}

/** All that the service account of a process that runs jobs must be allowed, in the namespace of the jobs alone. */
export const requiredPermissions: readonly Permission[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list', 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list'] },
];
