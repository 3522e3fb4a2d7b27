import type { ErrorCode, Resources, TaskKind } from '@palimpsest/contracts';
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { NodeStatus, StudyStatus } from '../studies/progress.js';

/** A column of type `json`: written as text, read as what it means, with the order of its keys (`jsonb` loses it). */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

/** A study as it was submitted. Its id is the hash of its spec. */
export interface StudiesTable {
  id: string;
  name: string;
  spec: Json<unknown>;
  status: StudyStatus;
  /** How often it was submitted again. */
  look: number;
  /** Of two studies, the tasks of the one with the higher are sent first. */
  priority: Generated<number>;
  /** Counts the changes of where its nodes stand. */
  revision: Generated<number>;
  created_at: Date;
  finished_at: Date | null;
}

/** A node of a study's plan, and the task that it became. */
export interface NodesTable {
  study_id: string;
  key: string;
  kind: TaskKind;
  deps: Json<string[]>;
  /** Null until the node is ready. */
  task_id: string | null;
  status: NodeStatus;
}

/** Why a task failed for good, or what its last attempt stumbled over. */
export interface TaskError {
  code: ErrorCode | 'bug';
  message: string;
}

export type TaskStatus = 'ready' | 'sent' | 'done' | 'failed' | 'cancelled';

/** Tasks wanted by any study. It is the outbox too: a row is `ready` until it has been sent. */
export interface TasksTable {
  id: string;
  /** Order in which tasks became known, which is the order in which they are sent. */
  number: Generated<number>;
  kind: TaskKind;
  version: number;
  input: Json<unknown>;
  needs: Json<Resources>;
  /** The same for tasks that are best begun together. Never part of its id. */
  gang: string | null;
  /** The study on whose account it is sent: a running one that wants it. */
  study_id: string;
  status: TaskStatus;
  /** How often it was sent. */
  attempt: number;
  /** The attempt after which nobody tries again. */
  last_attempt: number;
  /** How often it lost its worker, which counts as no attempt. */
  interruptions: Generated<number>;
  /** Not sent before. */
  next_at: Date;
  sent_at: Date | null;
  /** Until when a sent task is believed to be worked on. */
  lease_until: Date | null;
  /** Share done; null until somebody works on it. */
  progress: number | null;
  message: string | null;
  error: NullableJson<TaskError>;
  /** Of the attempt that ended well. */
  output: NullableJson<unknown>;
  seconds: number | null;
}

/** A message that nobody could handle. Its id is a hash of what it is, so that the same one is kept once. */
export interface DeadLettersTable {
  id: string;
  topic: string;
  key: string;
  /** The first bytes of the message. */
  base64: string;
  /** How many it had. */
  bytes: number;
  reason: string;
  received_at: Date;
}

export interface Tables {
  dead_letters: DeadLettersTable;
  studies: StudiesTable;
  nodes: NodesTable;
  tasks: TasksTable;
}

export type Database = Kysely<Tables>;
export type Trx = Transaction<Tables>;
