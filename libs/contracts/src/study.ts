import { z } from 'zod';
import { recipeFields } from './recipe.js';

/** How the files of a dataset lie on disk. One file in `services/ingestion/src/layouts` each. */
export const layouts = ['class-folders', 'csv', 'busi', 'chest-xray', 'ddti', 'isic2018'] as const;
export const architectures = [
  'resnet50',
  'resnet-mini',
  'densenet121',
  'inception-v3',
  'inception-resnet-v2',
] as const;
export const preprocessings = ['caffe', 'caffe/255', 'minus-one-to-one', 'torch', 'none'] as const;
export const measures = ['cca', 'svcca', 'pwcca', 'cka'] as const;
export const pairKinds = [
  'start-finetuned',
  'between-starts',
  'between-finetuned',
  'between-strategies',
  'finetuned-random',
  'start-random',
  'random-random',
] as const;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/i, 'letters, digits and hyphens, beginning with a letter or digit')
  .max(40);

export const splitSchema = z.strictObject({
  folds: z.int().min(2).max(20).describe('How many folds of cross-validation.'),
  group: z
    .enum(['patient', 'none'])
    .describe(
      '`patient` keeps all images of a patient in one fold (GroupKFold); `none` stratifies by label (StratifiedKFold).',
    ),
  seed: z.int().nonnegative().describe('Seed of the stratified shuffle. Grouped folds need none.'),
});

export const datasetSchema = z.strictObject({
  layout: z.enum(layouts).describe('How the files lie on disk; see the layouts below.'),
  path: z
    .string()
    .min(1)
    .describe('Folder, or the CSV file of the layout `csv`. Relative to the study file.'),
  labels: z.record(z.string(), z.string()).describe('Label merging: label found on disk → label used.'),
  unlabelled: z
    .string()
    .describe('Images without a label: `error`, `exclude` (listed in the audit), or the label they get.'),
  imageSize: z
    .int()
    .min(32)
    .max(1024)
    .describe('Side in pixels that every image is resized to (nearest, aspect ratio not kept).'),
  batchSize: z.int().min(1).max(1024).describe('Images in one optimiser step.'),
  horizontalFlip: z
    .boolean()
    .describe('Whether augmentation may mirror an image (the paper: not for chest).'),
  split: splitSchema,
});

const acceptDifferences = z
  .literal(true)
  .optional()
  .describe(
    'Needed for weights of a network that computes otherwise than the one here, such as those of PyTorch for ResNet50; `palimpsest weights inspect` says how.',
  );

/** Weights by name. A study file gives no more than the name; all else comes with it. */
export const registeredSourceSchema = z.strictObject({
  registered: z
    .string()
    .min(1)
    .describe(
      'Name of weights that `palimpsest weights fetch` or `import` brought here; `palimpsest weights list` shows them.',
    ),
  weights: z.string().min(1).describe('Comes with the name: the file.'),
  preprocessing: z
    .enum(preprocessings)
    .describe('Comes with the name: how pixels were normalised when these weights were trained.'),
  licence: z.string().optional().describe('Comes with the name of published weights.'),
  citation: z.string().optional().describe('Comes with the name of published weights.'),
  acceptDifferences,
});

export const sourceSchema = z.union([
  z.strictObject({
    random: z
      .literal(true)
      .describe('Glorot-uniform weights, a new draw in each fold: the start that knows nothing.'),
  }),
  z.strictObject({
    pretrain: z
      .string()
      .describe("Name of one of the study's `datasets` (or targets), on which the network is trained first."),
    preprocessing: z
      .enum(preprocessings)
      .describe('How pixels are normalised for this source, in pre-training and ever after.'),
  }),
  registeredSourceSchema,
  z.strictObject({
    weights: z
      .string()
      .min(1)
      .describe(
        'A file of weights: safetensors, Keras HDF5 (`.h5`, `.weights.h5`, `.keras`), a PyTorch state_dict, or the `model.json` of a TensorFlow.js model; told by its content. Relative to the study file.',
      ),
    preprocessing: z
      .enum(preprocessings)
      .describe('How pixels were normalised when these weights were trained.'),
    acceptDifferences,
  }),
]);

const monitor = z
  .enum(['loss', 'accuracy'])
  .describe(
    'What early stopping watches on the validation images. Kept are the weights of the lowest loss there, whatever is watched; of `head`, those of the last epoch.',
  );
/** One stage of a training. */
export const stageSchema = z.strictObject({
  learningRate: z.number().positive().describe('Of the optimiser; with a `schedule`, the highest one.'),
  maxEpochs: z.int().positive().describe('At most this many epochs.'),
  patience: z.int().nonnegative().describe('Stops after so many epochs without improvement.'),
  monitor,
  ...recipeFields,
});

const mainStageSchema = stageSchema.extend({
  frozenStages: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe(
      'Freezes the network from the images to the end of this one of its five stages, with batch norms in inference mode; nothing when left out. A random start is never frozen.',
    ),
  topLayers: z
    .int()
    .positive()
    .optional()
    .describe(
      'Trains the last so many layers with weights alone: convolutions, batch norms and the dense layer, in the order in which Keras lists them. The others are frozen as by `frozenStages`, which it excludes.',
    ),
});

export const augmentationSchema = z.strictObject({
  rotationDegrees: z.number().nonnegative(),
  shiftFraction: z.number().min(0).max(1),
  zoomFraction: z.number().min(0).max(0.9),
  shearDegrees: z.number().nonnegative(),
});

export const trainingSchema = z.strictObject({
  finetune: mainStageSchema.describe(
    'The main stage, with all weights trainable unless `frozenStages` says otherwise.',
  ),
  head: stageSchema.describe(
    'The first stage of `freeze`: the head alone, the base in inference mode, last weights kept.',
  ),
  pretrain: stageSchema.describe('Training of a `pretrain` source.'),
  seeds: z
    .int()
    .min(1)
    .max(50)
    .optional()
    .describe(
      'How often each network is trained in each fold, with other seeds of head, dropout, order and augmentation; once when left out. The first is what one training alone would be.',
    ),
  shots: z
    .array(z.int().positive())
    .min(1)
    .optional()
    .describe(
      'Images of each class: `finetune` is also run on so few training images of each fold, drawn by seed, the smaller sets within the larger.',
    ),
  dropout: z.number().min(0).max(0.95).describe('Before the last layer.'),
  randomDropout: z.boolean().describe('Whether a random start is trained with dropout too.'),
  augmentation: augmentationSchema.nullable().describe('Of training images; null for none.'),
  lowMemory: z.boolean().describe('Less memory for a few per cent of speed. Does not change a result.'),
  onOutOfMemory: z
    .enum(['fail', 'accumulate'])
    .describe(
      '`accumulate`: when memory runs out, the next attempt halves the batch and gathers twice as many for a step. Batch norms then see fewer images at once, so a result may differ from machine to machine; curves and checkpoint say so.',
    ),
  drift: z
    .int()
    .nonnegative()
    .refine((images) => images === 0 || images >= 8, 'expected 0, or 8 images and more')
    .describe(
      'Training images of a fold on which each stage is compared with its own start after every epoch; 0 for none. Does not change a network.',
    ),
});

export const baselinesSchema = z.strictObject({
  linearProbe: z
    .boolean()
    .describe(
      'Whether a linear head is also fitted in closed form to the pooled features of each source, whose weights stay as they are.',
    ),
});

export const evaluationSchema = z.strictObject({
  holdout: z
    .enum(['shared', 'nested'])
    .describe(
      '`shared`: early stopping and the AUC use the same held-out fold, as in the paper. `nested`: a quarter of the held-out fold stops training, the rest is judged.',
    ),
});

export const analysisSchema = z.strictObject({
  layers: z.array(z.string()).min(1).nullable().describe("Layer names; null for the network's five stages."),
  measures: z
    .array(z.enum(measures))
    .min(1)
    .describe('Similarity measures. The first is the one of the figures.'),
  pairs: z.array(z.enum(pairKinds)).describe('Which networks are compared with which.'),
  points: z.int().min(10).describe('Data points a layer: round-half-even(points / (h·w)) images.'),
  channels: z.int().min(1).describe('Channels drawn without replacement, the same for both networks.'),
  repeats: z.int().min(1).describe('How often images and channels are drawn anew; the results are averaged.'),
  epsilon: z.number().nonnegative().describe('Regularisation of the covariances, as in google/svcca.'),
  summary: z.enum(['mean', 'sum', 'mean98']).describe('How canonical correlations become one number.'),
  gain: z
    .enum(['relative', 'difference'])
    .describe('(AUC − AUC of random) as it is, or divided by the AUC of random.'),
  independence: z
    .enum(['product', 'first-squared'])
    .describe(
      "Agreement expected of independent mistakes: a₁a₂ + (1−a₁)(1−a₂), or with a₁ twice as in the paper's code.",
    ),
  filters: z.enum(['rgb', 'blue']).describe('Channels of conv1 shown in the figure of filters.'),
  resamples: z.int().min(100).describe('Bootstrap resamples of the intervals.'),
});

export const seedsSchema = z.strictObject({
  initialisation: z.int().nonnegative().describe('Random starts and new heads.'),
  training: z.int().nonnegative().describe('Order of images, augmentation, dropout.'),
  sampling: z.int().nonnegative().describe('Images and channels of the analysis; bootstrap.'),
});

export const protocols = ['paper', 'paper-code', 'audited'] as const;

/** A study with every setting filled in: what is planned, hashed and reported. */
export const studySchema = z.strictObject({
  name: name.describe('Name of the study.'),
  protocol: z.enum(protocols).describe('Which preset fills in what the file does not say.'),
  synthetic: z
    .boolean()
    .describe('True when the images are made by a program: the report says so in its first lines.'),
  datasets: z.record(name, datasetSchema).describe('Datasets that only serve as sources.'),
  targets: z.record(name, datasetSchema).describe('Datasets to classify, by name.'),
  sources: z.record(name, sourceSchema).describe('Starts to compare, by name.'),
  strategies: z
    .array(z.enum(['finetune', 'freeze']))
    .min(1)
    .describe(
      '`finetune` trains all weights at once; `freeze` trains the head first. A random start is never frozen.',
    ),
  network: z.strictObject({
    architecture: z
      .enum(architectures)
      .describe(
        'As in Keras; `resnet-mini` is the topology of `resnet50` with about 100,000 weights. The Inceptions take images of 75 pixels and more.',
      ),
  }),
  training: trainingSchema,
  baselines: baselinesSchema.optional().describe('What fine-tuning has to beat; nothing when left out.'),
  evaluation: evaluationSchema,
  analysis: analysisSchema,
  seeds: seedsSchema,
});

export type Study = z.infer<typeof studySchema>;
export type Dataset = z.infer<typeof datasetSchema>;
export type Source = z.infer<typeof sourceSchema>;
export type Strategy = Study['strategies'][number];
/** How a network came about that is judged: trained, or its start with a linear head. */
export type JudgedAs = Strategy | 'probe';
export type Stage = z.infer<typeof stageSchema>;
export type Training = z.infer<typeof trainingSchema>;
export type Analysis = z.infer<typeof analysisSchema>;
export type Layout = (typeof layouts)[number];
export type Architecture = (typeof architectures)[number];
export type Preprocessing = (typeof preprocessings)[number];
export type Measure = (typeof measures)[number];
export type PairKind = (typeof pairKinds)[number];
export type ProtocolName = (typeof protocols)[number];
