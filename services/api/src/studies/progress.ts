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

/** What is ready and what is lost, given where each node stands; a node without a state waits. Pure. */
export function progressOf(plan: Plan, states: ReadonlyMap<string, NodeStatus>): Progress {
  const now = new Map<string, NodeStatus>();
  const ready: PlanNode[] = [];
  const lost: PlanNode[] = [];
  for (const node of plan.nodes) {
    const state = states.get(node.key) ?? 'waiting';
    const deps = node.deps.map((dep) => now.get(dep));
    const isLost = state === 'waiting' && deps.includes('failed');
    if (isLost) lost.push(node);
    else if (state === 'waiting' && deps.every((dep) => dep === 'done')) ready.push(node);
    now.set(node.key, isLost ? 'failed' : state);
  }
  return { ready, lost, status: statusOf([...now.values()]) };
}

/** Branches that can go on do so; only then has a study failed. */
function statusOf(states: NodeStatus[]): Progress['status'] {
  if (states.every((state) => state === 'done')) return 'finished';
  return states.every((state) => state === 'done' || state === 'failed') ? 'failed' : 'running';
}
