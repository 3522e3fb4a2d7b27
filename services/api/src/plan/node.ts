import { tasks, type PairKind, type Model, type Resources, type TrainingAt } from '@palimpsest/contracts';
import type { TaskInput, TaskKind, TaskOutput } from '@palimpsest/contracts';

/** What a node is about, in the words of the study. Never part of a task's input. */
export type About =
  | { kind: 'ingest'; name: string }
  | { kind: 'import'; source: string }
  | { kind: 'pretrain'; source: string }
  | ({ kind: 'train' } & TrainingAt)
  | { kind: 'extract'; target: string; model: Model; fold: number | null }
  | { kind: 'compare'; target: string; pair: PairKind; a: Model; b: Model; fold: number | null }
  | { kind: 'report' };

/** What a task is expected to take: seconds with the processors it needs, and bytes it leaves in the store. */
export interface Estimate {
  seconds: number;
  bytes: number;
  /** Images that go through a network, forward and back. */
  trainedImages?: number;
}

interface NodeBase<K extends TaskKind> {
  /** Unique in the plan, for instance `train/breast/natural/finetune/3`. */
  key: string;
  kind: K;
  /** Keys of the nodes whose outputs `resolve` reads. */
  deps: string[];
  about: About;
  needs: Resources;
  estimate: Estimate;
}

/** A node whose task's input follows from what its dependencies put out, and from settings that can change it. */
export interface ResolvableNode<K extends TaskKind> extends NodeBase<K> {
  resolve(outputs: Outputs): TaskInput<K>;
}

/** The last node. Its input is a reference to the results of all others, which is written when they are there. */
export type ReportNode = NodeBase<'report'>;

/** A node of any kind. */
export type PlanNode =
  { [K in Exclude<TaskKind, 'report'>]: ResolvableNode<K> }[Exclude<TaskKind, 'report'>] | ReportNode;

/** A study as tasks that depend on each other; dependencies stand before what needs them. */
export interface Plan {
  nodes: PlanNode[];
  byKey: ReadonlyMap<string, PlanNode>;
  /** By its key, the nodes that need a node. */
  readers: ReadonlyMap<string, readonly PlanNode[]>;
}

/** What finished nodes put out, by their keys. */
export class Outputs {
  constructor(private readonly byKey: ReadonlyMap<string, unknown>) {}

  /** @throws ZodError when the node has no output or one of another kind: the caller asked too early */
  of<K extends TaskKind>(kind: K, key: string): TaskOutput<K> {
    return tasks[kind].output.parse(this.byKey.get(key)) as TaskOutput<K>;
  }
}
