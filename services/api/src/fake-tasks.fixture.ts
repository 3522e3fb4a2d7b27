import { createHash } from 'node:crypto';
import { Module, type Type } from '@nestjs/common';
import { tasks, type TaskInput, type TaskKind, type TaskOutput } from '@palimpsest/contracts';
import {
  PlatformModule,
  taskService,
  type AnyTaskDefinition,
  type Store,
  type TaskContext,
} from '@palimpsest/platform';

/** How tasks that only pretend to work behave. */
export interface FakeTasks {
  /** Kinds and numbers of all that ran, such as `train 12`. */
  ran: { kind: TaskKind; input: unknown }[];
  /** Called at the beginning of each task; whatever it throws, the task throws. */
  before: (kind: TaskKind, input: unknown, signal: AbortSignal) => Promise<void>;
  definitions: AnyTaskDefinition[];
  module: Type;
}

/** Handlers of all kinds of task, whose outputs are small, real artifacts that follow from their inputs. */
export function fakeTasks(): FakeTasks {
  const fake: Pick<FakeTasks, 'ran' | 'before'> = { ran: [], before: () => Promise.resolve() };
  const definitions = (Object.keys(tasks) as TaskKind[]).map((kind) => ({
    kind,
    runs: 'here',
    module: import.meta.url,
    run: async (input: TaskInput<TaskKind>, context: TaskContext) => {
      fake.ran.push({ kind, input });
      await fake.before(kind, input, context.signal);
      context.progress(0.5, 'half of it');
      return outputOf(kind, input, context.store);
    },
  })) as unknown as AnyTaskDefinition[];

  @Module({ imports: [PlatformModule], providers: taskService(definitions) })
  class FakeTasksModule {}
  return Object.assign(fake, { definitions, module: FakeTasksModule });
}

async function outputOf(kind: TaskKind, input: unknown, store: Store): Promise<unknown> {
  // What an ingestion puts out follows from the files, not from how often one looks.
  const seed = JSON.stringify({ kind, input }, (key, value: unknown) => (key === 'look' ? undefined : value));
  const hash = createHash('sha256').update(seed).digest('hex');
  const text = (name: string) => new TextEncoder().encode(`${name} ${hash}`);
  const ref = (name: string) => store.put('fake', text(name));
  const tree = (name: string) =>
    store.putTree(
      `fake-trees/${hash}`,
      new Map([
        ['data.txt', text(name)],
        ['report.html', text(name)],
      ]),
    );
  const outputs: { [K in TaskKind]: () => Promise<TaskOutput<K>> } = {
    ingest: async () => ({
      manifest: await ref('m'),
      pixels: await tree('p'),
      images: 9,
      classes: ['a', 'b'],
      patients: null,
    }),
    import: async () => ({ weights: await ref('w'), tensors: 1 }),
    train: async () => ({
      ...{ checkpoint: await ref('c'), curves: await ref('k'), predictions: await ref('p') },
      ...{ auc: 0.5, accuracy: 0.5, epochs: 1 },
    }),
    extract: async () => ({ activations: await tree('a'), layers: [], filters: await ref('f') }),
    compare: async () => ({ layers: [], coefficients: await ref('c') }),
    report: async () => ({ html: await ref('report'), files: await tree('report') }),
  };
  return outputs[kind]();
}
