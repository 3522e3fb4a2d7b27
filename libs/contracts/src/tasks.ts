import { z } from 'zod';
import { artifactRefSchema, treeRefSchema } from './artifacts.js';
import {
  analysisSchema,
  architectures,
  augmentationSchema,
  datasetSchema,
  evaluationSchema,
  preprocessings,
  stageSchema,
} from './study.js';

/** Weights a network starts from: a seeded draw, or tensors in the store (the head is always new). */
export const startSchema = z.union([
  z.strictObject({ random: z.int().nonnegative() }),
  z.strictObject({ weights: artifactRefSchema }),
]);
export type Start = z.infer<typeof startSchema>;

const data = { manifest: artifactRefSchema, pixels: treeRefSchema };
const network = { architecture: z.enum(architectures), preprocessing: z.enum(preprocessings) };

const ingest = {
  version: 1,
  input: z.strictObject({
    dataset: datasetSchema.omit({ batchSize: true, horizontalFlip: true }),
    holdout: evaluationSchema.shape.holdout,
    /** Counts the submissions of a study: files may have changed since the last, so each one looks again. */
    look: z.int().nonnegative(),
  }),
  output: z.strictObject({
    ...data,
    images: z.int().positive(),
    classes: z.array(z.string()).min(2),
    patients: z.int().nonnegative().nullable(),
  }),
};

/** Reads a file of weights into the store, checked against the architecture. */
const importWeights = {
  version: 1,
  input: z.strictObject({
    path: z.string(),
    architecture: z.enum(architectures),
    /** Left out where nothing has to be accepted, so that the ids of such tasks stay what they were. */
    acceptDifferences: z.literal(true).optional(),
    look: z.int().nonnegative(),
  }),
  output: z.strictObject({ weights: artifactRefSchema, tensors: z.int().positive() }),
};

const trainInput = z
  .strictObject({
    ...data,
    ...network,
    imageSize: z.int().positive(),
    start: startSchema,
    strategy: z
      .enum(['finetune', 'freeze', 'pretrain', 'probe'])
      .describe('`probe`: no stages, but a linear head in closed form on a base that stays as it is'),
    fold: z.int().positive().describe('held out'),
    shots: z
      .strictObject({ perClass: z.int().positive(), seed: z.int().nonnegative() })
      .optional()
      .describe('training images of each class, and what draws them; left out where all are trained on'),
    batchSize: z.int().positive(),
    dropout: z.number(),
    augmentation: augmentationSchema.extend({ horizontalFlip: z.boolean() }).nullable(),
    stages: z
      .array(
        stageSchema.extend({
          trainable: z.enum(['head', 'all']),
          /** Left out where nothing is frozen, or the whole base, so that the ids of such tasks stay what they were. */
          frozenStages: z.int().min(1).max(5).optional(),
          topLayers: z.int().positive().optional(),
          keep: z.enum(['best', 'last']),
        }),
      )
      .describe('run one after the other, each from what the one before kept'),
    seeds: z.strictObject({ head: z.int().nonnegative(), training: z.int().nonnegative() }),
    lowMemory: z.boolean(),
    onOutOfMemory: z.literal('accumulate').optional().describe('left out where it fails'),
    drift: z
      .int()
      .positive()
      .optional()
      .describe('images of the probe; left out where drift is not measured'),
  })
  .refine(({ strategy, stages }) => (strategy === 'probe') === (stages.length === 0), {
    path: ['stages'],
    message: 'expected at least one, or none for a probe',
  });

const train = {
  version: 2,
  input: trainInput,
  output: z.strictObject({
    checkpoint: artifactRefSchema.describe(
      'safetensors, tensors named as in Keras, provenance in its metadata',
    ),
    curves: artifactRefSchema,
    predictions: artifactRefSchema,
    auc: z.number().nullable().describe('on the judged images; null when they hold one class only'),
    accuracy: z.number(),
    epochs: z.int().positive(),
  }),
};

const extract = {
  version: 1,
  input: z.strictObject({
    ...data,
    ...network,
    imageSize: z.int().positive(),
    model: startSchema,
    ...analysisSchema.pick({ layers: true, points: true, channels: true, repeats: true }).shape,
    seed: z.int().nonnegative(),
  }),
  output: z.strictObject({
    activations: treeRefSchema.describe(
      'a Zarr v3 group: an array a layer, float32, repeats × points × channels',
    ),
    layers: z.array(
      z.strictObject({
        layer: z.string(),
        points: z.int(),
        channels: z.int(),
        images: z.int(),
        height: z.int(),
        width: z.int(),
      }),
    ),
    filters: artifactRefSchema.describe('npy, kernel of the first convolution: height × width × 3 × filters'),
  }),
};

/** Similarity of one layer under one measure. */
export const layerSimilaritySchema = z.strictObject({
  layer: z.string(),
  measure: z.string(),
  value: z.number().describe('mean over repeats'),
  sd: z.number().nullable().describe('over repeats; null for one repeat'),
  repeats: z.array(z.number()),
  floor: z.number().describe('the same measure with the points of one network permuted: what chance gives'),
  points: z.int(),
  channels: z.int(),
  warnings: z.array(z.string()),
});
export type LayerSimilarity = z.infer<typeof layerSimilaritySchema>;

const compare = {
  version: 1,
  input: z.strictObject({
    a: treeRefSchema,
    b: treeRefSchema,
    ...analysisSchema.pick({ measures: true, epsilon: true, summary: true }).shape,
    seed: z.int().nonnegative(),
  }),
  output: z.strictObject({
    layers: z.array(layerSimilaritySchema),
    coefficients: artifactRefSchema.describe(
      'JSON: every canonical correlation of every layer, measure and repeat',
    ),
    linearAlgebra: z
      .string()
      .optional()
      .describe('what computed, with its version; left out for `plain`, which gives the same everywhere'),
  }),
};

const report = {
  version: 3,
  input: z.strictObject({ results: artifactRefSchema.describe('a StudyResults document') }),
  output: z.strictObject({
    html: artifactRefSchema,
    files: treeRefSchema.describe('report.html, figures as SVG and Vega-Lite, tables as CSV'),
  }),
};

/**
 * Every kind of task: the version of its method and what goes in and out.
 * The version is raised when the output for the same input would change.
 */
export const tasks = { ingest, import: importWeights, train, extract, compare, report };
export type TaskKind = keyof typeof tasks;
export const taskKinds = Object.keys(tasks) as TaskKind[];
export type TaskInput<K extends TaskKind> = z.infer<(typeof tasks)[K]['input']>;
export type TaskOutput<K extends TaskKind> = z.infer<(typeof tasks)[K]['output']>;

/** What a task needs to run. Never part of its id: it may not change a result. */
export const resourcesSchema = z.strictObject({
  cpus: z.int().positive(),
  memoryBytes: z.int().positive(),
  gpus: z.int().nonnegative(),
});
export type Resources = z.infer<typeof resourcesSchema>;
