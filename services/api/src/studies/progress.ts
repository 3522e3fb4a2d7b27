import type { Plan, PlanNode } from '../plan/node.js';

/** Where a node stands. `ready` has a task; `failed` did not end well, or waits for one that did not. */
export type NodeStatus = 'waiting' | 'ready' | 'done' | 'failed';

/** Where a study stands. */
export type StudyStatus = 'running' | 'finished' | 'failed' | 'cancelled';

/** What follows from where the nodes of a plan stand. */
export interface Progress {
  /** Waiting nodes whose dependencies are all done: they need a task now. */
  ready: PlanNode[];
  /** Waiting nodes that can never run, because something that they need has failed. */
  lost: PlanNode[];
  /** Of the study, once `lost` has failed and if nothing becomes ready. */
  status: 'running' | 'finished' | 'failed';
}

/**
 * What is ready and what is lost, given where each node stands; a node that stands nowhere waits. Pure.
 *
 * @param changed keys of the nodes that stand elsewhere since nothing was ready or lost; any may when left out
 */
export function progressOf(
  plan: Plan,
  standing: ReadonlyMap<string, { status: NodeStatus }>,
  changed?: readonly string[],
): Progress {
  const lost = new Map<string, PlanNode>();
  const ready = new Set<PlanNode>();
  const statusOf = (key: string) => (lost.has(key) ? 'failed' : (standing.get(key)?.status ?? 'waiting'));
  const readersOf = (key: string) => plan.readers.get(key) ?? [];
  /** @param before how a node that it needs has ended; unknown when left out */
  const look = (node: PlanNode, before?: NodeStatus): void => {
    if (statusOf(node.key) !== 'waiting') return;
    const isLost = before === 'failed' || (!before && node.deps.some((dep) => statusOf(dep) === 'failed'));
    if (isLost) {
      lost.set(node.key, node);
      for (const reader of readersOf(node.key)) look(reader, 'failed');
      // What comes last is done last, so the search ends soon.
    } else if (!node.deps.findLast((dep) => statusOf(dep) !== 'done')) ready.add(node);
  };
  for (const node of changed ? [] : plan.nodes) look(node);
  for (const key of changed ?? []) {
    look(plan.byKey.get(key) as PlanNode);
    for (const reader of readersOf(key)) look(reader, statusOf(key));
  }
  return { ready: [...ready], lost: [...lost.values()], status: endOf(plan.nodes, statusOf) };
}

/** Branches that can go on do so; only then has a study failed. */
function endOf(nodes: PlanNode[], statusOf: (key: string) => NodeStatus): Progress['status'] {
  const goesOn = ({ key }: PlanNode) => ['waiting', 'ready'].includes(statusOf(key));
  if (nodes.findLast(goesOn)) return 'running';
  return nodes.some(({ key }) => statusOf(key) === 'failed') ? 'failed' : 'finished';
}
