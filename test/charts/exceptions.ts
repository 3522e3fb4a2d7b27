/** What kube-score would have otherwise, by its name for the check, and why it is as it is. */
export const exceptions: Record<string, string> = {
  'container-resources':
    'processors are requested, not limited: a limit slows a task down while the node has processors to spare',
  'container-image-pull-policy':
    'a version or a digest never means another image; Always would ask the registry at each start, also where there is none',
  'deployment-replicas':
    'one pod is enough: what a lost one worked on is done by the next; `replicas` says otherwise',
  'horizontalpodautoscaler-replicas': 'as with replicas',
  'deployment-has-host-podantiaffinity': 'topology spread constraints do the same, and more gently',
  'deployment-has-poddisruptionbudget': 'with one pod a budget would keep its node from being drained',
  'networkpolicy-targets-pod': 'the pods of Jobs are made by the program',
  'deployment-strategy': 'the volume of the embedded database may be mounted by one pod only',
};
