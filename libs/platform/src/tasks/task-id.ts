import { createHash } from 'node:crypto';
import { tasks, type TaskInput, type TaskKind } from '@palimpsest/contracts';
import { canonicalJson } from '../store/canonical-json.js';

/** The id of a task: the first 32 hex digits of the sha256 of kind, version and input. The same work has the same id. */
export function taskId<K extends TaskKind>(kind: K, input: TaskInput<K>): string {
  const name = canonicalJson({ kind, version: tasks[kind].version, input });
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
