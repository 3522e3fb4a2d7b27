import { z } from 'zod';

/** Immutable bytes in the store: where they lie, what they hash to, how many there are. */
export const artifactRefSchema = z.strictObject({
  key: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
});
export type ArtifactRef = z.infer<typeof artifactRefSchema>;

/** A folder of artifacts that belong together, such as a Zarr group: `<prefix>/<path>`, listed with their hashes. */
export const treeRefSchema = z.strictObject({ prefix: z.string().min(1), listing: artifactRefSchema });
export type TreeRef = z.infer<typeof treeRefSchema>;

/** What the listing of a tree holds. */
export const treeListingSchema = z.strictObject({ files: z.record(z.string(), artifactRefSchema) });
export type TreeListing = z.infer<typeof treeListingSchema>;

/** What a held-out image does: it stops the training, it is judged, or both. */
export const roleSchema = z.enum(['validation', 'test', 'both']);

/** One image of a dataset, with everything that decides how it is used. */
export const manifestImageSchema = z.strictObject({
  path: z.string().describe('relative to the dataset, with forward slashes'),
  label: z.string().describe('after merging'),
  class: z.int().nonnegative().describe('position of the label among `classes`'),
  patient: z.string().nullable(),
  fold: z.int().positive().describe('the fold in which this image is held out, from 1'),
  role: roleSchema.describe('what it does when its fold is held out'),
  width: z.int().positive(),
  height: z.int().positive(),
  sha256: z.string().describe('of the file as it was read'),
});
export type ManifestImage = z.infer<typeof manifestImageSchema>;

/** A dataset frozen: what was read, how it was labelled and split. Written before anything trains. */
export const manifestSchema = z.strictObject({
  layout: z.string(),
  imageSize: z.int().positive(),
  classes: z.array(z.string()).min(2).describe('in alphabetical order'),
  folds: z.int().min(2),
  group: z.enum(['patient', 'none']),
  seed: z.int().nonnegative(),
  holdout: z.enum(['shared', 'nested']),
  images: z.array(manifestImageSchema).min(1),
  audit: z.strictObject({
    patients: z.int().nonnegative().nullable().describe('null when the layout knows none'),
    merged: z.array(z.strictObject({ found: z.string(), used: z.string(), images: z.int() })),
    excluded: z
      .array(z.strictObject({ path: z.string(), reason: z.string() }))
      .describe('never used, each with why'),
    duplicates: z
      .array(z.array(z.string()))
      .describe('groups of paths whose files are byte for byte the same'),
    warnings: z.array(z.string()),
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Probabilities of the images on which a trained network is judged. */
export const predictionsSchema = z.strictObject({
  classes: z.array(z.string()),
  images: z.array(
    z.strictObject({
      image: z.int().nonnegative().describe('index into the manifest'),
      class: z.int().nonnegative(),
      probabilities: z.array(z.number()).describe('one a class'),
    }),
  ),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** What was measured after each epoch. */
export const curvesSchema = z.strictObject({
  epochs: z.array(
    z.strictObject({
      epoch: z.int().positive().describe('from 1, counted through both stages'),
      stage: z.enum(['head', 'all']),
      learningRate: z.number(),
      trainLoss: z.number(),
      validationLoss: z.number(),
      validationAccuracy: z.number(),
      validationAuc: z.number().nullable().describe('null when the validation images hold one class only'),
      validationAucInterval: z
        .strictObject({ low: z.number(), high: z.number() })
        .nullable()
        .describe('of 95 %, by bootstrap of the patients, or of the images where none are known'),
      gradientNorms: z
        .record(z.string(), z.number())
        .describe(
          '√(Σ g²) of each stage that learns, by its last layer, and of the `head`: mean over the steps',
        ),
      batchSize: z
        .int()
        .positive()
        .optional()
        .describe('images at once, where memory ran out before and these are fewer than was asked for'),
      drift: z
        .record(z.string(), z.number())
        .optional()
        .describe(
          'similarity of each stage with itself at the start, in [0, 1]; left out where it is not measured',
        ),
    }),
  ),
  best: z.int().positive().describe('the epoch whose weights are kept'),
});
export type Curves = z.infer<typeof curvesSchema>;
