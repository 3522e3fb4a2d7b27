import { z } from 'zod';
import { studySchema, pairKinds } from './study.js';
import { tasks } from './tasks.js';

/** One network of a comparison: a start, or what became of it. */
export const modelSchema = z.strictObject({
  source: z.string(),
  strategy: z.enum(['finetune', 'freeze']).nullable().describe('null for the start itself'),
  draw: z
    .enum(['first', 'second'])
    .describe('`second`: an independent random start, for random against random'),
});
export type Model = z.infer<typeof modelSchema>;

const version = z.int().describe('of the method');
const provenance = { taskId: z.string(), version };

/**
 * Everything that a study found, by reference: the input of its report. It holds neither durations nor the ids of
 * ingestions and imports, which are asked for anew each time: the same findings are the same document.
 */
export const studyResultsSchema = z.strictObject({
  studyId: z.string(),
  study: studySchema,
  datasets: z.array(z.strictObject({ name: z.string(), version, output: tasks.ingest.output })),
  imports: z
    .array(z.strictObject({ source: z.string(), version, output: tasks.import.output }))
    .default([])
    .describe('left out by releases that did not report them'),
  pretrainings: z.array(z.strictObject({ source: z.string(), ...provenance, output: tasks.train.output })),
  trainings: z.array(
    z.strictObject({
      target: z.string(),
      source: z.string(),
      strategy: z.enum(['finetune', 'freeze', 'probe']),
      fold: z.int().positive(),
      seed: z.int().positive().optional().describe('which of `training.seeds`; left out for the first, 0'),
      shots: z.int().positive().optional().describe('images of each class; left out for all'),
      ...provenance,
      output: tasks.train.output,
    }),
  ),
  extractions: z.array(
    z.strictObject({
      target: z.string(),
      model: modelSchema,
      fold: z.int().positive().nullable().describe('null for a start that is the same in all folds'),
      ...provenance,
      output: tasks.extract.output,
    }),
  ),
  comparisons: z.array(
    z.strictObject({
      target: z.string(),
      pair: z.enum(pairKinds),
      a: modelSchema,
      b: modelSchema,
      fold: z.int().positive().nullable(),
      ...provenance,
      output: tasks.compare.output,
    }),
  ),
});
export type StudyResults = z.infer<typeof studyResultsSchema>;
/** Which training of a target. */
export type TrainingAt = Pick<
  StudyResults['trainings'][number],
  'target' | 'source' | 'strategy' | 'fold' | 'seed' | 'shots'
>;
