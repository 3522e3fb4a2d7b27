import { createHash } from 'node:crypto';
import { PlatformError, progressedSchema, tasks, type TaskKind } from '@palimpsest/contracts';
import { z } from 'zod';
import { canonicalJson } from '../store/canonical-json.js';
import type { Store } from '../store/store.js';

const inputSchema = z.object({
  kind: z.string(),
  version: z.int(),
  input: z.unknown(),
  /** Of `input` as canonical JSON. */
  sha256: z.string().optional(),
});
const outputSchema = z.object({
  seconds: z.number().nonnegative(),
  output: z.unknown(),
  /** Of `output` as canonical JSON; an output that was altered since counts as absent. */
  sha256: z.string().optional(),
});
const errorSchema = z.object({
  code: z.enum(['invalid', 'not-found', 'conflict', 'denied', 'corrupt', 'unavailable', 'bug']),
  message: z.string(),
});
const memorySchema = z.object({ outOfMemory: z.int().nonnegative() });
const progressSchema = progressedSchema.pick({ done: true, message: true });

/** What a task made, and the seconds it took. */
export interface Made {
  seconds: number;
  output: unknown;
}

/** How far a task is: a share in [0, 1], and a few words. */
export type Progress = z.infer<typeof progressSchema>;

/** Names of the records of a task. */
export const recordNames = [
  'input.json',
  'output.json',
  'state',
  'progress.json',
  'error.json',
  'memory.json',
  'log',
] as const;
type RecordName = (typeof recordNames)[number];

/** What the store knows of one task, under `tasks/<id>/`. A record that cannot be read counts as absent. */
export class TaskRecords {
  readonly #store: Store;
  readonly #id: string;

  constructor(store: Store, id: string) {
    this.#store = store;
    this.#id = id;
  }

  /** @throws PlatformError `not-found` when nobody wrote it, `invalid` when it is of another kind or version */
  async readInput(kind: TaskKind): Promise<unknown> {
    const found = await this.#read('input.json', inputSchema);
    if (!found) throw new PlatformError('not-found', `task ${this.#id}: expected ${this.#key('input.json')}`);
    if (found.sha256 !== undefined && found.sha256 !== hashOf(found.input)) {
      const message = `task ${this.#id}: ${this.#key('input.json')} was altered; the next attempt writes it again`;
      throw new PlatformError('unavailable', message);
    }
    const { version } = tasks[kind];
    if (found.kind === kind && found.version === version) return found.input;
    const message = `task ${this.#id}: expected ${kind} version ${version}, found ${found.kind} version ${found.version}`;
    throw new PlatformError('invalid', message);
  }

  async writeInput(kind: TaskKind, input: unknown): Promise<void> {
    const { version } = tasks[kind];
    await this.#write('input.json', { kind, version, input, sha256: hashOf(input) });
  }

  async readOutput(): Promise<Made | undefined> {
    const found = await this.#read('output.json', outputSchema);
    if (found?.sha256 !== undefined && found.sha256 !== hashOf(found.output)) return undefined;
    return found;
  }

  async writeOutput({ seconds, output }: Made): Promise<void> {
    await this.#write('output.json', { seconds, output, sha256: hashOf(output) });
  }

  /** Why the task can never succeed. */
  readError(): Promise<z.infer<typeof errorSchema> | undefined> {
    return this.#read('error.json', errorSchema);
  }

  async writeError(error: z.infer<typeof errorSchema>): Promise<void> {
    await this.#write('error.json', error);
  }

  readProgress(): Promise<Progress | undefined> {
    return this.#read('progress.json', progressSchema);
  }

  async writeProgress(progress: Progress): Promise<void> {
    await this.#write('progress.json', progress);
  }

  /** @returns undefined too when it is not as it was written: the task then begins anew */
  async loadState(): Promise<Uint8Array | undefined> {
    const found = await this.#store.readRecord(this.#key('state'));
    return found && stateIn(found);
  }

  async saveState(state: Uint8Array): Promise<void> {
    await this.#store.writeRecord(this.#key('state'), Buffer.concat([digestOf(state), state]));
  }

  /** The last of what the task's jobs wrote to their logs. */
  async readLog(): Promise<string | undefined> {
    const bytes = await this.#store.readRecord(this.#key('log'));
    return bytes && new TextDecoder().decode(bytes);
  }

  async writeLog(text: string): Promise<void> {
    await this.#store.writeRecord(this.#key('log'), new TextEncoder().encode(text));
  }

  /** How many attempts so far ended for want of memory. */
  async readOutOfMemory(): Promise<number> {
    return (await this.#read('memory.json', memorySchema))?.outOfMemory ?? 0;
  }

  /** @returns how many they are with this one */
  async countOutOfMemory(): Promise<number> {
    const outOfMemory = (await this.readOutOfMemory()) + 1;
    await this.#write('memory.json', { outOfMemory });
    return outOfMemory;
  }

  async forget(...names: ('state' | 'progress.json' | 'error.json' | 'memory.json')[]): Promise<void> {
    for (const name of names) await this.#store.deleteRecord(this.#key(name));
  }

  async #read<S extends z.ZodType>(name: RecordName, schema: S): Promise<z.infer<S> | undefined> {
    const bytes = await this.#store.readRecord(this.#key(name));
    return bytes && schema.safeParse(parseJson(bytes)).data;
  }

  async #write(name: RecordName, value: unknown): Promise<void> {
    await this.#store.writeRecord(this.#key(name), new TextEncoder().encode(canonicalJson(value)));
  }

  #key(name: RecordName): string {
    return `tasks/${this.#id}/${name}`;
  }
}

/** A state begins with its sha256. */
const DIGEST_BYTES = 32;
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** The state of a task in the record of it. @returns undefined when it is none, or damaged */
export function stateIn(record: Uint8Array): Uint8Array | undefined {
  const state = record.subarray(DIGEST_BYTES);
  return digestOf(state).equals(record.subarray(0, DIGEST_BYTES)) ? state : undefined;
}
const hashOf = (output: unknown) => createHash('sha256').update(canonicalJson(output)).digest('hex');

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
