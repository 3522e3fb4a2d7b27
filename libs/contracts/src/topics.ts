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
    z.object({ ok: z.literal(false), code, message: z.string(), retry: z.boolean() }),
  ]),
});
export type Finished = z.infer<typeof finishedSchema>;

/** Tasks that nobody wants any more. Every process hears it. */
export const cancelledSchema = z.object({ taskIds: z.array(z.string()) });

/** A message that no handler could read, with its bytes and why. */
export const deadSchema = z.object({
  topic: z.string(),
  key: z.string(),
  base64: z.string(),
  reason: z.string(),
});

/** Every topic and what its messages are. Types, docs and topics derive from it. Keyed by task id. */
export const topics = {
  'ingest.requested': requested('ingest', tasks.ingest),
  'import.requested': requested('import', tasks.import),
  'train.requested': requested('train', tasks.train),
  'extract.requested': requested('extract', tasks.extract),
  'compare.requested': requested('compare', tasks.compare),
  'report.requested': requested('report', tasks.report),
  'task.progressed': progressedSchema,
  'task.finished': finishedSchema,
  'task.cancelled': cancelledSchema,
  'task.dead': deadSchema,
};
export type Topic = keyof typeof topics;
export type Message<T extends Topic> = z.infer<(typeof topics)[T]>;

/** The request for one task of a kind. */
export type TaskRequest<K extends TaskKind = TaskKind> = Message<`${K}.requested`>;
