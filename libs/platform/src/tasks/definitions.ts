import { PlatformError, type TaskKind } from '@palimpsest/contracts';
import type { AnyTaskDefinition } from './task.js';

/** @throws PlatformError `invalid` when none is of the kind, naming those there are */
export function definitionOf(definitions: Iterable<AnyTaskDefinition>, kind: string): AnyTaskDefinition {
  const all = [...definitions];
  const found = all.find((definition) => definition.kind === kind);
  if (found) return found;
  const kinds = all.map((definition) => definition.kind).join(', ');
  throw new PlatformError('invalid', `task kind "${kind}": expected one of ${kinds}`);
}

/** Every kind that this process handles, and by what. */
export class TaskRegistry {
  readonly #definitions = new Map<TaskKind, AnyTaskDefinition>();

  /** @throws PlatformError `conflict` when a kind has a handler already: half its tasks would go to each */
  register(definition: AnyTaskDefinition): void {
    if (this.#definitions.has(definition.kind))
      throw new PlatformError('conflict', `task kind "${definition.kind}": expected one handler, found two`);
    this.#definitions.set(definition.kind, definition);
  }

  get kinds(): TaskKind[] {
    return [...this.#definitions.keys()];
  }

  get(kind: TaskKind): AnyTaskDefinition {
    return definitionOf(this.#definitions.values(), kind);
  }
}
