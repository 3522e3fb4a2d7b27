import { z } from 'zod';
import { tasks, resourcesSchema, type TaskKind } from './tasks.js';

const code = z.enum(['invalid', 'not-found', 'conflict', 'denied', 'corrupt', 'unavailable', 'bug']);

const requested = <K extends TaskKind, I extends z.ZodType>(kind: K, task: { input: I }) =>
  z.object({
    taskId: z.string(),
    studyId: z.string(),
    kind: z.literal(kind),
    version: z.int(),
    attempt: z.int().positive(),
    needs: resourcesSchema,
    gang: z.string().optional().describe('the same for tasks that are best begun together'),
    input: task.input,
  });

/** A task is alive: extends its lease. */
export const progressedSchema = z.object({
  taskId: z.string(),
  attempt: z.int().positive(),
  done: z.number().min(0).max(1),
  message: z.string().optional(),
});
export type Progressed = z.infer<typeof progressedSchema>;

/** A task came to its end. `retry` says whether another attempt could end differently. */
export const finishedSchema = z.object({
  taskId: z.string(),
  attempt: z.int().positive(),
  seconds: z.number().nonnegative().nullable().describe('null when the result was already there'),
  outcome: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), output: z.unknown() }),
    z.object({
      ok: z.literal(false),
      code,
      message: z.string(),
      retry: z.boolean(),
      interrupted: z
        .boolean()
        .optional()
        .describe('its worker was told to stop: no fault of the task, so it counts as no attempt'),
      halves: z
        .boolean()
        .optional()
        .describe('memory ran out, and the next attempt makes do with half: it counts as no attempt'),
    }),
  ]),
});
export type Finished = z.infer<typeof finishedSchema>;

/** Tasks that nobody wants any more. Every process hears it. */
export const cancelledSchema = z.object({
  taskIds: z.array(z.string()),
  attempt: z.int().positive().optional().describe('only attempts up to this one; every one where absent'),
  superseded: z
    .boolean()
    .optional()
    .describe('a later attempt is wanted: what outlives its worker is left to that one'),
});

/** A process that takes tasks, told every few seconds: what it could do, and what it is doing. */
export const workerSchema = z.object({
  worker: z.string().describe('host and process'),
  release: z.string().describe('version of the program'),
  kinds: z.array(
    z.object({
      kind: z.string(),
      version: z.int(),
      capacity: z.int().nonnegative().describe('tasks it runs at once'),
      running: z.int().nonnegative(),
    }),
  ),
  stopping: z.boolean().describe('it takes no more, and will be heard of no more'),
});
export type WorkerSeen = z.infer<typeof workerSchema>;

/** A message that no handler could read, with its bytes and why. */
export const deadSchema = z.object({
  topic: z.string(),
  key: z.string(),
  base64: z.string().describe('its first 256 KiB'),
  bytes: z.int().nonnegative().optional().describe('all of them, where that is more'),
  reason: z.string(),
});

/** A topic as it is declared: created so where the broker has none of the name, compared where it has. */
export interface TopicDeclaration<S extends z.ZodType = z.ZodType> {
  about: string;
  schema: S;
  /** Where the messages of a task go on a broker: all to one partition, in their order. */
  key: (message: z.infer<S>) => string;
  /** Bounds how many processes share the work of a group. */
  partitions: number;
  retentionHours: number;
}

const WEEK = 7 * 24;
const byTask = ({ taskId }: { taskId: string }) => taskId;

/** Requests of a task may be handled in any order, so each attempt has a partition of its own: one may be stuck. */
const requests = <K extends TaskKind, I extends z.ZodType>(kind: K, task: { input: I }) =>
  declare({
    about: `\`${kind}\` tasks to run`,
    schema: requested(kind, task),
    key: ({ taskId, attempt }) => `${taskId}/${attempt}`,
    ...{ partitions: 12, retentionHours: WEEK },
  });

function declare<S extends z.ZodType>(declaration: TopicDeclaration<S>): TopicDeclaration<S> {
  return declaration;
}

/** Every topic. Types, docs and what is created on a broker derive from it. */
export const topics = {
  'ingest.requested': requests('ingest', tasks.ingest),
  'import.requested': requests('import', tasks.import),
  'train.requested': requests('train', tasks.train),
  'extract.requested': requests('extract', tasks.extract),
  'compare.requested': requests('compare', tasks.compare),
  'report.requested': requests('report', tasks.report),
  'task.progressed': declare({
    about: 'a task is alive',
    schema: progressedSchema,
    key: byTask,
    ...{ partitions: 6, retentionHours: 24 },
  }),
  'task.finished': declare({
    about: 'how a task ended',
    schema: finishedSchema,
    key: byTask,
    ...{ partitions: 6, retentionHours: WEEK },
  }),
  'task.cancelled': declare({
    about: 'tasks that nobody wants any more; every process hears it',
    schema: cancelledSchema,
    key: () => '',
    ...{ partitions: 1, retentionHours: 24 },
  }),
  'worker.seen': declare({
    about: 'processes that take tasks; every `api` hears it',
    schema: workerSchema,
    key: ({ worker }) => worker,
    ...{ partitions: 1, retentionHours: 1 },
  }),
  'task.dead': declare({
    about: 'messages that nobody could handle',
    schema: deadSchema,
    key: ({ key }) => key,
    ...{ partitions: 1, retentionHours: 4 * WEEK },
  }),
};
export type Topic = keyof typeof topics;
export type Message<T extends Topic> = z.infer<(typeof topics)[T]['schema']>;
export const topicNames = Object.keys(topics) as Topic[];

/** The request for one task of a kind. */
export type TaskRequest<K extends TaskKind = TaskKind> = Message<`${K}.requested`>;
